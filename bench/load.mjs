// The token endpoint under load, on this machine and in one run: processor time of a token beside that of its bare signature,
// and how long other requests wait meanwhile. Bounded in time; nothing here asserts a number.
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { startTessera } from '../end2end/quickstarts/tessera.mjs';

const SECONDS = 5;
const CONNECTIONS = 16;

const tessera = await startTessera();
try {
  const client = await tessera.createClient('Bench');
  const signature = bareSignature();
  console.log(`bare RSA-2048 signature (OpenSSL)  ${signature.toFixed(0)} µs of a core`);
  for (const alg of ['RS256', 'HS256']) {
    const audience = `urn:bench:${alg}`;
    await tessera.createApi(alg, audience, alg, ['read:bench']);
    await tessera.createGrant(client, audience, ['read:bench']);
    const { tokens, refused, cpu, p50, p99, aside } = await load(client, audience);
    console.log(
      `${alg}: ${(tokens / SECONDS).toFixed(0)} tokens/s, ${cpu.toFixed(0)} µs of a core each = ${(cpu / signature).toFixed(2)} signatures, ` +
        `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, JWKS meanwhile p99 ${aside.toFixed(1)} ms, ${refused} not answered with a token`,
    );
  }
} finally {
  await tessera.stop();
}

async function load({ client_id, client_secret }, audience) {
  const body = JSON.stringify({ grant_type: 'client_credentials', client_id, client_secret, audience });
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS + 1 });
  const times = [];
  const asides = [];
  let refused = 0;
  const before = cpuOf(tessera.pid);
  const end = performance.now() + SECONDS * 1000;
  const timed = async (into, ask) => {
    const start = performance.now();
    const { status } = await ask();
    into.push(performance.now() - start);
    return status;
  };
  const askers = Array.from({ length: CONNECTIONS }, async () => {
    while (performance.now() < end) if ((await timed(times, () => post(agent, body))) !== 200) refused += 1;
  });
  const bystander = (async () => {
    while (performance.now() < end) await timed(asides, () => get('/.well-known/jwks.json', agent));
  })();
  await Promise.all([...askers, bystander]);
  const spent = cpuOf(tessera.pid) - before;
  agent.destroy();
  const tokens = times.length - refused;
  return { tokens, refused, cpu: (spent * 1e6) / times.length, p50: quantile(times, 0.5), p99: quantile(times, 0.99), aside: quantile(asides, 0.99) };
}

function post(agent, body) {
  return request({ agent, path: '/oauth/token', method: 'POST', headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } }, body);
}

function get(where, agent) {
  return request({ agent, path: where });
}

function request(options, body) {
  return new Promise((resolve, reject) => {
    const call = http.request(new URL(options.path, tessera.issuer), options, (answer) => {
      answer.resume();
      answer.on('end', () => resolve({ status: answer.statusCode }));
    });
    call.on('error', reject);
    call.end(body);
  });
}

/** Seconds of processor time that a process has used. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Microseconds of processor time of one signature over what a token has in front of it. */
function bareSignature() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const input = Buffer.alloc(600, 7);
  const times = [];
  for (let round = 0; round < 5; round += 1) {
    const start = process.cpuUsage();
    for (let n = 0; n < 200; n += 1) sign('sha256', input, privateKey);
    const { user, system } = process.cpuUsage(start);
    times.push((user + system) / 200);
  }
  return quantile(times, 0.5);
}

function quantile(values, part) {
  return values.sort((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? 0;
}
