import express from 'express';
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer';

const options = {
  issuer: 'https://issuer.example/',
  audience: 'https://api.example/',
  tokenSigningAlg: 'HS256',
};

// The secrets that sign the tokens also verify them. They come from the environment,
// never from the source: KEY_ID:SECRET, and while another takes over both with a comma.
const verifiers = new Map();
for (const pair of process.env.SIGNING_SECRETS.split(',')) {
  const [kid, secret] = pair.split(':');
  verifiers.set(kid, auth({ ...options, secret }));
}

// A token names its secret. One that names none of ours is left to the first, which checks it all the same.
function requireToken(req, res, next) {
  const verify = verifiers.get(keyId(req)) ?? verifiers.values().next().value;
  verify(req, res, next);
}

function keyId(req) {
  try {
    const [header] = req.get('authorization').split(' ')[1].split('.');
    return JSON.parse(Buffer.from(header, 'base64url')).kid;
  } catch {
    return undefined;
  }
}

const app = express();

app.get('/api/public', (req, res) => {
  res.json({ message: 'Anyone may read this.' });
});

app.get('/api/private', requireToken, (req, res) => {
  res.json({ message: 'Your token is valid.', sub: req.auth.payload.sub });
});

app.get('/api/private-scoped', requireToken, requiredScopes('read:example'), (req, res) => {
  res.json({ message: 'Your token is valid and has the scope.', sub: req.auth.payload.sub });
});

// 401 and 403 with the WWW-Authenticate header of RFC 6750, and no stack trace.
app.use((error, req, res, next) => {
  if (!error.status) return next(error);
  res.status(error.status).set(error.headers).json({ error: error.code, error_description: error.message });
});

app.listen(process.env.PORT ?? 3010);
