// [section:ask]
const { CLIENT_SECRET, API_URL = 'http://localhost:3010/api/private' } = process.env;
if (!CLIENT_SECRET) {
  console.error('Set CLIENT_SECRET to the secret of the client.');
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

async function askForToken() {
  const askedAt = Date.now();
  const response = await fetch('https://issuer.example/oauth/token', {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'YOUR_CLIENT_ID',
      client_secret: CLIENT_SECRET,
      audience: 'https://api.example/',
    }),
    redirect: 'error', // the secret goes nowhere else
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
