// [section:ask]
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { importPKCS8, SignJWT } from 'jose';

const { PRIVATE_KEY_FILE, API_URL = 'http://localhost:3010/api/private' } = process.env;
if (!PRIVATE_KEY_FILE) {
  console.error('Set PRIVATE_KEY_FILE to the path of the private key.');
  process.exit(1);
}

let token;
let renewAt = 0;
let asking;

// Gives the token that is kept, or a new one once less than a minute of it is left.
async function getToken() {
  if (Date.now() < renewAt) return token;
  // Calls that need a token at the same time wait for one request.
  asking ??= askForToken().finally(() => (asking = undefined));
  return asking;
}

// Proves that we hold the private key. Each assertion is good for one request, and for a minute.
async function signAssertion() {
  const key = await importPKCS8(await readFile(PRIVATE_KEY_FILE, 'utf8'), 'ES256');
  return new SignJWT()
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer('YOUR_CLIENT_ID')
    .setSubject('YOUR_CLIENT_ID')
    .setAudience('https://issuer.example/')
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(key);
}

async function askForToken() {
  const askedAt = Date.now();
  const response = await fetch('https://issuer.example/oauth/token', {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'YOUR_CLIENT_ID',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await signAssertion(),
      audience: 'https://api.example/',
    }),
    redirect: 'error', // the assertion goes nowhere else
    signal: AbortSignal.timeout(10_000),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok || !answer.access_token) {
    const reason = [answer.error, answer.error_description, answer.error_uri].filter(Boolean);
    throw new Error(`The token endpoint answered ${response.status}: ${reason.join(' - ') || 'no token'}`);
  }
  token = answer.access_token;
  renewAt = askedAt + ((answer.expires_in ?? 0) - 60) * 1000;
  return token;
}
// [/section:ask]

// [section:call]
async function callApi() {
  const response = await fetch(API_URL, {
    headers: { Authorization: `Bearer ${await getToken()}` },
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) {
    const challenge = response.headers.get('WWW-Authenticate') ?? 'no WWW-Authenticate header';
    throw new Error(`The API answered ${response.status}: ${challenge}`);
  }
  return response.text();
}

try {
  // Three calls, one token.
  for (let call = 1; call <= 3; call += 1) console.log(await callApi());
} catch (error) {
  console.error(error.cause ? `${error.message}: ${error.cause.message}` : error.message);
  process.exitCode = 1;
}
// [/section:call]
