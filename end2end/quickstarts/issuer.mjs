// A small issuer with keys of the tests' own: what Tessera would publish, around tokens that Tessera would never sign.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { newKey, toJwk } from './tokens.mjs';

/** Characters that mean something to a language or a shell and that an issuer's path, an identifier and a scope may hold. */
export const HOSTILE = "it's-$HOME-${x}-{y}-`z`-$(w)-%s-#";

/** Starts an issuer whose address holds some of them too. */
export async function startIssuer(kid = 'first') {
  const issuer = { key: newKey(kid), keyRequests: 0, strangerRequests: 0 };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url);
    const answer = (body) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    if (path === `${issuer.path}.well-known/jwks.json`) {
      issuer.keyRequests += 1;
      answer({ keys: [toJwk(issuer.key)] });
    } else if (path === `${issuer.path}.well-known/openid-configuration`) {
      answer({ issuer: issuer.url, jwks_uri: `${issuer.url}.well-known/jwks.json` });
    } else {
      issuer.strangerRequests += 1;
      response.writeHead(404).end();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${server.address().port}`;
  issuer.path = "/it's-$HOME-${x}/";
  issuer.url = `${origin}${issuer.path}`;
  issuer.elsewhere = `${origin}/elsewhere/jwks.json`;
  issuer.stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return issuer;
}
