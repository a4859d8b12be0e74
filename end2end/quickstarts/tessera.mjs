// A real Tessera on a free port with a data folder of its own, and its command line beside it.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, must, serve, setting, until } from './processes.mjs';

/** `settings` are more of its environment; with an `authority` (paths of `ca`, `cert`, `key`) it speaks https. */
export async function startTessera({ settings = {}, authority } = {}) {
  const binary = setting('TESSERA_BIN');
  const data = await mkdtemp(path.join(tmpdir(), 'tessera-quickstarts-'));
  const port = await freePort();
  const issuer = `${authority ? 'https' : 'http'}://localhost:${port}/`;
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, TESSERA_LISTEN: `127.0.0.1:${port}`, TESSERA_ISSUER: issuer, TESSERA_DATA_DIR: data, ...settings };
  if (authority) Object.assign(env, { TESSERA_TLS_CERT: authority.cert, TESSERA_TLS_KEY: authority.key });
  const server = await serve(binary, ['serve'], { env }, `${issuer}health/ready`, authority && (await readFile(authority.ca)));
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
    env,
    pid: server.pid,
    output: server.output,
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
    /** A client with all scopes of the Management API, and that API's identifier. */
    async createManager(name) {
      const client = await create('client', 'create', '--name', name);
      const audience = `${issuer}api/v2/`;
      const grant = await create('grant', 'create', '--client-id', client.client_id, '--audience', audience, '--all-scopes');
      return { ...client, audience, grant_id: grant.id };
    },
    async stop() {
      await server.stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}
