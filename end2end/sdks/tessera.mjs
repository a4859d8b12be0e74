// A real Tessera over https, as the SDKs reach it, with its command line beside it.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, must, serve, setting } from '../quickstarts/processes.mjs';

/** Starts a server that lets each client send so many requests to the Management API: burst, and requests a second, as in `10/2`. */
export async function startTessera(authority, rate) {
  const binary = setting('TESSERA_BIN');
  const data = await mkdtemp(path.join(tmpdir(), 'tessera-sdks-'));
  const port = await freePort();
  const domain = `localhost:${port}`;
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    TESSERA_LISTEN: `127.0.0.1:${port}`,
    TESSERA_ISSUER: `https://${domain}/`,
    TESSERA_DATA_DIR: data,
    TESSERA_TLS_CERT: authority.cert,
    TESSERA_TLS_KEY: authority.key,
    TESSERA_MANAGEMENT_RATE: rate,
  };
  const server = await serve(binary, ['serve'], { env }, `https://${domain}/health/ready`, await readFile(authority.ca));
  const create = async (...args) => JSON.parse(await must(binary, [...args, '--json'], { env }));
  return {
    domain,
    /** A client with all scopes of the Management API. */
    async createManager() {
      const client = await create('client', 'create', '--name', 'SDK');
      await create('grant', 'create', '--client-id', client.client_id, '--audience', `https://${domain}/api/v2/`, '--all-scopes');
      return client;
    },
    async stop() {
      await server.stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}
