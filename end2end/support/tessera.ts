import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The release binary that the tests run. */
const binary = process.env.TESSERA_BIN ?? path.resolve(import.meta.dirname, '../../target/release/tessera');

/** A client as the command line prints it. */
export interface Client {
  client_id: string;
  client_secret: string;
}

/** How tokens of an API may be signed. */
export const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'HS256'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** An API as the command line prints it; only an HS256 one has a signing secret. */
export interface Api {
  id: string;
  identifier: string;
  signing_alg: Algorithm;
  signing_secret?: string;
  signing_secret_kid?: string;
}

/** A real server on a free port with a data folder of its own, and the command line beside it. */
export class Tessera {
  /** All that the server has printed since its first start, both streams. */
  output = '';
  private process: ChildProcess | undefined;

  private constructor(
    private readonly port: number,
    /** Where the database and the master key lie. */
    readonly dataDir: string,
    private readonly settings: Record<string, string>,
  ) {}

  /** Starts a server on an empty database; `settings` are further `TESSERA_*` variables. */
  static async start(settings: Record<string, string> = {}): Promise<Tessera> {
    if (!existsSync(binary)) throw new Error(`${binary} is missing; build it with scripts/build.sh`);
    const dataDir = await mkdtemp(path.join(tmpdir(), 'tessera-end2end-'));
    const tessera = new Tessera(await freePort(), dataDir, settings);
    await tessera.launch();
    return tessera;
  }

  /** The address that browsers use, without a slash at the end. */
  get origin(): string {
    return `http://localhost:${this.port}`;
  }

  /** The `iss` of every token, with the slash at the end. */
  get issuer(): string {
    return `${this.origin}/`;
  }

  /** The address of the set-up page with its one-time code, as printed on the first start. */
  get setupUrl(): string {
    const url = /https?:\/\/\S+\/setup\?code=[\w-]+/.exec(this.output)?.[0];
    if (!url) throw new Error(`The server printed no set-up address. Its output:\n${this.output}`);
    return url;
  }

  /** Runs `tessera` with these arguments on the same data, and answers what it printed on stdout. */
  async cli(args: string[], stdin = ''): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = execFile(binary, args, { env: this.environment(), timeout: 20_000 }, (error, stdout, stderr) => {
        if (error) reject(new Error(`tessera ${args.join(' ')} failed: ${stderr || error.message}`));
        else resolve(stdout);
      });
      // A command that reads nothing may have ended by now.
      child.stdin?.on('error', () => {});
      child.stdin?.end(stdin);
    });
  }

  /** Runs a command with `--json` and answers the object that it printed. */
  async cliJson<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.cli([...args, '--json'])) as T;
  }

  createClient(name: string): Promise<Client> {
    return this.cliJson('client', 'create', '--name', name);
  }

  /** Starts to create a client and kills the command after so many milliseconds; answers the client if it was printed before. */
  async createClientThenKill(name: string, milliseconds: number): Promise<Client | undefined> {
    const child = spawn(binary, ['client', 'create', '--name', name, '--json'], { env: this.environment(), stdio: ['ignore', 'pipe', 'ignore'] });
    let printed = '';
    child.stdout.on('data', (part: Buffer) => {
      printed += part.toString();
    });
    const late = setTimeout(() => child.kill('SIGKILL'), milliseconds);
    await once(child, 'close');
    clearTimeout(late);
    try {
      return JSON.parse(printed) as Client;
    } catch {
      return undefined; // Killed before it had said all of it.
    }
  }

  createApi(name: string, identifier: string, algorithm: Algorithm, scopes: string[] = []): Promise<Api> {
    const scopeArgs = scopes.flatMap((scope) => ['--scope', scope]);
    return this.cliJson('api', 'create', '--name', name, '--identifier', identifier, '--signing-alg', algorithm, ...scopeArgs);
  }

  /** Authorizes a client for an API, with these scopes or with all of them. */
  async createGrant(clientId: string, audience: string, scopes: string[] | 'all'): Promise<void> {
    const scopeArgs = scopes === 'all' ? ['--all-scopes'] : scopes.flatMap((scope) => ['--scope', scope]);
    await this.cliJson('grant', 'create', '--client-id', clientId, '--audience', audience, ...scopeArgs);
  }

  /** Asks the token endpoint as a client would, with a JSON body. */
  async requestToken(client: Client, audience: string, more: Record<string, string> = {}): Promise<Response> {
    const body = { grant_type: 'client_credentials', client_id: client.client_id, client_secret: client.client_secret, audience, ...more };
    return fetch(`${this.origin}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  /** Stops the server (SIGTERM by default; SIGKILL to see what survives it) and waits until it has ended. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.process;
    this.process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(late);
  }

  /** Starts the server again on the same data and the same port. */
  async restart(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    await this.stop(signal);
    await this.launch();
  }

  /** Stops the server and removes its data. */
  async dispose(): Promise<void> {
    await this.stop('SIGKILL');
    await rm(this.dataDir, { recursive: true, force: true });
  }

  private async launch(): Promise<void> {
    const child = spawn(binary, ['serve'], { env: this.environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    this.process = child;
    const collect = (part: Buffer) => {
      this.output += part.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);

    const deadline = Date.now() + 20_000;
    while (Date.now() < deadline) {
      if (child.exitCode !== null) throw new Error(`The server ended with status ${child.exitCode}:\n${this.output}`);
      const ready = await fetch(`${this.origin}/health/ready`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (ready) return;
      await sleep(20);
    }
    await this.stop('SIGKILL');
    throw new Error(`The server was not ready after 20 seconds:\n${this.output}`);
  }

  private environment(): NodeJS.ProcessEnv {
    // Without what the caller's shell may have set for a server of its own.
    const outer = Object.entries(process.env).filter(([name]) => !name.startsWith('TESSERA_'));
    return {
      ...Object.fromEntries(outer),
      TESSERA_LISTEN: `127.0.0.1:${this.port}`,
      TESSERA_ISSUER: this.issuer,
      TESSERA_DATA_DIR: this.dataDir,
      ...this.settings,
    };
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  if (typeof address !== 'object' || address === null) throw new Error('the system gave no port');
  return address.port;
}
