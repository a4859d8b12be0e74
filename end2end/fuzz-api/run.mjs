// Runs Schemathesis against a real server, and says what it was answered.
//   node end2end/fuzz-api/run.mjs SCHEMATHESIS CASES SEED
// Ends with 1 if an answer was not what openapi.json says, if the server stopped, or if fewer cases than that were sent.
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setting } from '../quickstarts/processes.mjs';
import { startTessera } from '../quickstarts/tessera.mjs';

const [schemathesis, wanted, seed] = process.argv.slice(2);
const cases = Number(wanted);
const file = (name) => fileURLToPath(new URL(name, import.meta.url));

const tessera = await startTessera({ settings: { TESSERA_MANAGEMENT_RATE: '1000000/1000000' } });
let failed = false;
try {
  const manager = await tessera.createManager('Fuzzer');
  const token = async () => (await tessera.command('token', '--client-id', manager.client_id, '--audience', manager.audience)).trim();
  const get = async (name) => fetch(`${manager.audience}${name}`, { headers: { authorization: `Bearer ${await token()}` } });
  const [description, seen] = ['openapi.json', 'seen.json'].map((name) => path.join(tessera.env.TESSERA_DATA_DIR, name));
  const api = await (await get(`resource-servers/${encodeURIComponent(manager.audience)}`)).json();
  await writeFile(description, await (await get('openapi.json')).text());
  const args = ['--config-file', file('schemathesis.toml'), 'run', description, '--url', manager.audience, '--seed', seed];
  args.push('--max-examples', String(await examples(description)));
  // The systematic cases alone are some thousands.
  if (cases < 2000) args.push('--phases', 'examples,fuzzing,stateful');
  const child = spawn(schemathesis, args, {
    stdio: 'inherit',
    cwd: tessera.env.TESSERA_DATA_DIR, // it leaves notes where it runs
    env: {
      ...tessera.env,
      FUZZ_API_HOOKS: file('hooks.py'),
      FUZZ_API_BINARY: setting('TESSERA_BIN'),
      FUZZ_API_CLIENT_ID: manager.client_id,
      FUZZ_API_OWN: JSON.stringify([manager.client_id, manager.grant_id, api.id, manager.audience]),
      FUZZ_API_AUDIENCE: manager.audience,
      FUZZ_API_SPARE: JSON.stringify(await makeSpare()),
      FUZZ_API_SEEN: seen,
      PYTHONDONTWRITEBYTECODE: '1',
    },
  });
  const [code] = await once(child, 'exit');
  failed = code !== 0;
  report(JSON.parse(await readFile(seen, 'utf8')));
  const { status } = await get('clients');
  complain(status !== 200, `afterwards the server answers ${status}`);
} finally {
  await tessera.stop();
}
if (failed) console.error(`Run it again with FUZZ_API_SEED=${seed} FUZZ_API_CASES=${cases}.`);
process.exitCode = failed ? 1 : 0;

/** What the hooks put into some of the good cases, so that these reach what is there. */
async function makeSpare() {
  const { client_id } = await tessera.createClient('Spare');
  const identifiers = ['urn:spare:0', 'urn:spare:1', 'urn:spare:2'];
  for (const identifier of identifiers) await tessera.createApi(identifier, identifier, 'RS256', ['read:spare']);
  const grant = await tessera.command('grant', 'create', '--client-id', client_id, '--audience', identifiers[0], '--scope', 'read:spare', '--json');
  const pem = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' });
  return { client_id, identifiers, grant_id: JSON.parse(grant).id, pems: Array.from({ length: 5 }, pem) };
}

/** How many examples of each operation make as many cases. */
async function examples(description) {
  const { paths } = JSON.parse(await readFile(description, 'utf8'));
  const operations = Object.values(paths).flatMap((operations) => Object.keys(operations).filter((key) => /^(get|post|put|patch|delete)$/.test(key)));
  return Math.ceil(cases / operations.length);
}

/** Prints how often each operation was answered with each status. */
function report(seen) {
  let [answered, strange] = [0, 0];
  for (const [operation, statuses] of Object.entries(seen).sort()) {
    // 401 is what the copies of a case get that are sent without a token, or with a wrong one.
    for (const [status, count] of Object.entries(statuses)) {
      if (status === '401') strange += count;
      else answered += count;
    }
    console.log(`${operation.padEnd(56)} ${Object.entries(statuses).map((pair) => pair.join(': ')).join('  ')}`);
  }
  console.log(`${answered} cases, and ${strange} without a token that is good; seed ${seed}`);
  complain(answered < cases, `fewer than ${cases} cases were answered`);
  complain(strange > answered / 5, 'the fuzzer lost its own authorization');
  complain(!Object.values(seen).some((statuses) => statuses[200]), 'no request succeeded');
}

function complain(wrong, what) {
  if (!wrong) return;
  failed = true;
  console.error(what);
}
