import Fastify from 'fastify';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';

// Fetches the issuer's public keys, keeps them, and fetches again when a token names a key it does not know.
const keys = createRemoteJWKSet(new URL('.well-known/jwks.json', 'https://issuer.example/'));

const rules = {
  issuer: 'https://issuer.example/',
  audience: 'https://api.example/',
  algorithms: ['RS256'],
  requiredClaims: ['exp'],
};

const app = Fastify();

app.decorateRequest('token', null);

async function requireToken(request, reply) {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ');
  if (scheme.toLowerCase() !== 'bearer') return refuse(reply, 401, 'Bearer');
  try {
    request.token = (await jwtVerify(token, keys, rules)).payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) return refuse(reply, 401, 'Bearer error="invalid_token"');
    throw error; // The issuer could not be reached: Fastify answers 500.
  }
}

const requireScope = (scope) => async (request, reply) => {
  const granted = String(request.token.scope ?? '').split(' ');
  if (!granted.includes(scope)) return refuse(reply, 403, `Bearer error="insufficient_scope", scope="${scope}"`);
};

// The challenges of RFC 6750; a hook that has answered ends the request.
function refuse(reply, status, challenge) {
  return reply.code(status).header('www-authenticate', challenge).send({ error: challenge });
}

app.get('/api/public', async () => {
  return { message: 'Anyone may read this.' };
});

app.get('/api/private', { onRequest: requireToken }, async (request) => {
  return { message: 'Your token is valid.', sub: request.token.sub };
});

app.get('/api/private-scoped', { onRequest: [requireToken, requireScope('read:example')] }, async (request) => {
  return { message: 'Your token is valid and has the scope.', sub: request.token.sub };
});

await app.listen({ port: Number(process.env.PORT ?? 3010) });
