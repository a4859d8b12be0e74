// A real Tessera on a free port with a data folder of its own, and its command line beside it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, must, serve, setting, until } from './processes.mjs';

export async function startTessera() {
  const binary = setting('TESSERA_BIN');
  const data = await mkdtemp(path.join(tmpdir(), 'tessera-quickstarts-'));
  const port = await freePort();
  const issuer = `http://localhost:${port}/`;
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, TESSERA_LISTEN: `127.0.0.1:${port}`, TESSERA_ISSUER: issuer, TESSERA_DATA_DIR: data };
  const server = await serve(binary, ['serve'], { env }, `${issuer}health/ready`);
  const command = (...args) => must(binary, args, { env });
  const create = async (...args) => JSON.parse(await command(...args, '--json'));
  const repeated = (flag, values) => values.flatMap((value) => [flag, value]);
  /** The answer to a token request, with its status. */
  const ask = async ({ client_id, client_secret }, audience) => {
    const response = await fetch(`${issuer}oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ client_id, client_secret, audience, grant_type: 'client_credentials' }),
    });
    return { status: response.status, ...(await response.json()) };
  };
  return {
    issuer,
    pid: server.pid,
    command,
    createApi: (name, identifier, alg, scopes) =>
      create('api', 'create', '--name', name, '--identifier', identifier, '--signing-alg', alg, ...repeated('--scope', scopes)),
    /** The signing secrets that a new HS256 API has, as `start` of programs takes them; none for the other algorithms. */
    secretsOf: ({ signing_secret, signing_secret_kid }) => (signing_secret ? { [signing_secret_kid]: signing_secret } : {}),
    /** Runs `api secret VERB` for the API with this identifier. */
    signingSecret: (verb, identifier) => create('api', 'secret', verb, '--identifier', identifier),
    createClient: (name) => create('client', 'create', '--name', name),
    ask,
    /** Authorizes a client, and waits until the running server knows it: it may take a second. */
    async createGrant(client, audience, scopes) {
      await create('grant', 'create', '--client-id', client.client_id, '--audience', audience, ...repeated('--scope', scopes));
      await until(async () => (await ask(client, audience)).status === 200, `${client.client_id} gets tokens for ${audience}`);
    },
    async stop() {
      await server.stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}
