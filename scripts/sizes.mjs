// Prints what the release weighs and how fast it starts. Ends with status 1 if the bundle is over its budget: sizes are the
// same on every machine, times are not, so only the size is judged.
import { spawn, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import http from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a browser that has seen nothing yet fetches for one page: WebAssembly and JavaScript together, in brotli as they are served, in bytes. */
const BUDGET = 400_000;

const root = path.resolve(import.meta.dirname, '..');
const binary = process.env.TESSERA_BIN ?? path.join(root, 'target/release/tessera');
const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const MB = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const print = (what, value) => console.log(`${what.padEnd(34)} ${value}`);

const pkg = path.join(root, 'target/site/pkg');
const brotli = {};
for (const name of readdirSync(pkg).filter((name) => /\.(wasm|js)$/.test(name)).sort()) {
  const bytes = readFileSync(path.join(pkg, name));
  brotli[name] = statSync(`${path.join(pkg, name)}.br`).size;
  print(name, `${kB(bytes.length)}, ${kB(brotli[name])} in brotli`);
}
if (!brotli['tessera.wasm']) throw new Error(`${pkg} holds no bundle`);
/** The files that each chunk of the bundle consists of; a page that lies in none fetches what is in no chunk. */
const chunks = Object.entries(JSON.parse(readFileSync(path.join(pkg, '__wasm_split_manifest.json'), 'utf8')));
const inChunks = new Set(chunks.flatMap(([, files]) => files));
const always = Object.keys(brotli).filter((name) => !inChunks.has(name.replace(/\.wasm$/, '')));
const weight = (names) => [...new Set(names)].reduce((sum, name) => sum + brotli[name], 0);
const loads = { 'no chunk': weight(always) };
for (const [name] of chunks) {
  // A page of `noun_part` stands inside one of `noun`.
  const needed = chunks.filter(([other]) => name === other || name.startsWith(`${other}_`)).flatMap(([, files]) => files.map((file) => `${file}.wasm`));
  loads[name] = weight([...always, ...needed]);
}
for (const [name, bytes] of Object.entries(loads)) print(`first load, ${name}`, kB(bytes));
const largest = Math.max(...Object.values(loads));
const fits = largest <= BUDGET;
print('largest first load in brotli', `${kB(largest)} of ${kB(BUDGET)}${fits ? '' : ', over the budget'}`);
print('WASM and JS in brotli', kB(weight(Object.keys(brotli))));
print('binary', MB(statSync(binary).size));

const dataDir = mkdtempSync(path.join(tmpdir(), 'tessera-sizes-'));
const port = await freePort();
const env = {
  PATH: process.env.PATH,
  TESSERA_LISTEN: `127.0.0.1:${port}`,
  TESSERA_ISSUER: `http://localhost:${port}/`,
  TESSERA_DATA_DIR: dataDir,
};
let server;
try {
  const json = (...args) => JSON.parse(execFileSync(binary, [...args, '--json'], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
  const audience = 'https://orders.example/';
  json('api', 'create', '--name', 'Orders', '--identifier', audience, '--signing-alg', 'RS256', '--scope', 'read:orders');
  const { client_id, client_secret } = json('client', 'create', '--name', 'Billing worker');
  json('grant', 'create', '--client-id', client_id, '--audience', audience, '--all-scopes');

  const body = JSON.stringify({ grant_type: 'client_credentials', client_id, client_secret, audience });
  const started = performance.now();
  server = spawn(binary, ['serve'], { env, stdio: 'ignore' });
  while ((await askToken(body)) !== 200) {
    if (server.exitCode !== null || performance.now() - started > 20_000) throw new Error('the server gave no token within 20 seconds');
    await sleep(2);
  }
  print('from start to the first token', `${Math.round(performance.now() - started)} ms`);
  await sleep(2000);
  const rss = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'));
  print('memory when idle', MB(Number(rss[1]) * 1024));
} finally {
  if (server && server.exitCode === null) {
    server.kill('SIGKILL');
    await once(server, 'exit');
  }
  rmSync(dataDir, { recursive: true, force: true });
}
process.exitCode = fits ? 0 : 1;

/** The status of POST /oauth/token, or 0 while nobody listens. */
function askToken(body) {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const request = http.request({ host: '127.0.0.1', port, path: '/oauth/token', method: 'POST', headers }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode));
    });
    request.on('error', () => resolve(0));
    request.end(body);
  });
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  return port;
}
