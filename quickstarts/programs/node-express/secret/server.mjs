import express from 'express';
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer';

// The secret that signs the tokens also verifies them: it comes from the environment, never from the source.
const requireToken = auth({
  issuer: 'https://issuer.example/',
  audience: 'https://api.example/',
  tokenSigningAlg: 'HS256',
  secret: process.env.SIGNING_SECRET,
});

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
