// A token endpoint and an API that do as they are told and note what they were asked.
import { once } from 'node:events';
import { createServer } from 'node:http';

/** Starts both on one port; the issuer's path holds characters that mean something to a language or a shell. */
export async function startServer() {
  const server = { tokenRequests: [], apiRequests: [], strangerRequests: 0 };
  const path = "/it's-$HOME-$(w)-+/";
  const http = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const asked = decodeURIComponent(request.url);
    const note = { method: request.method, headers: request.headers, body };
    if (asked === `${path}oauth/token`) {
      server.tokenRequests.push(note);
      answer(response, server.token(server.tokenRequests.length));
    } else if (asked === '/api') {
      server.apiRequests.push(note);
      answer(response, server.api(server.apiRequests.length));
    } else {
      server.strangerRequests += 1;
      answer(response, { status: 404, body: {} });
    }
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  const origin = `http://127.0.0.1:${http.address().port}`;
  server.issuer = `${origin}${path}`;
  server.apiUrl = `${origin}/api`;
  server.elsewhere = `${origin}/elsewhere`;
  /** Forgets what was asked, and from now on answers so; each gets the number of the request. */
  server.answers = ({ token = goodToken(), api = goodApi } = {}) => {
    Object.assign(server, { token, api, tokenRequests: [], apiRequests: [], strangerRequests: 0 });
  };
  server.stop = () => {
    http.closeAllConnections();
    return new Promise((resolve) => http.close(resolve));
  };
  server.answers();
  return server;
}

/** The answer to each token request: a token of its own that lives for so long. */
export function goodToken(seconds = 3600) {
  return (number) => ({ status: 200, body: { access_token: `token-${number}`, expires_in: seconds, token_type: 'Bearer', scope: 'read:orders' } });
}

function goodApi(number) {
  return { status: 200, body: { answer: `number ${number}` } };
}

/** Nothing at all is answered to `undefined`; a text is no JSON. */
function answer(response, told) {
  if (!told) return;
  const text = typeof told.body === 'string';
  response.writeHead(told.status, { 'content-type': text ? 'text/html' : 'application/json', ...told.headers });
  response.end(text ? told.body : JSON.stringify(told.body));
}
