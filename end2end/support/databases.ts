import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { Tessera } from './tessera.ts';

const run = promisify(execFile);

/** The databases that Tessera runs on. */
export const databases = ['SQLite', 'PostgreSQL'] as const;
export type Database = (typeof databases)[number];

/** A server on an empty database of this kind, what the database holds, and the way to remove both. */
export interface Stored {
  tessera: Tessera;
  /** All that is stored, as bytes: the files of SQLite, or a dump of PostgreSQL, in which binary columns are hexadecimal. */
  content(): Promise<Buffer>;
  dispose(): Promise<void>;
}

/** Starts a server whose data lie in a database of this kind. */
export async function startOn(database: Database): Promise<Stored> {
  if (database === 'SQLite') {
    const tessera = await Tessera.start();
    return { tessera, content: () => filesOf(tessera.dataDir), dispose: () => tessera.dispose() };
  }
  const { url, drop } = await emptyPostgres();
  const tessera = await Tessera.start({ TESSERA_DATABASE_URL: url });
  return {
    tessera,
    content: async () => {
      const dump = await run('pg_dump', ['--dbname', url], { encoding: 'buffer', maxBuffer: 64 << 20 });
      return Buffer.concat([dump.stdout, await filesOf(tessera.dataDir)]);
    },
    dispose: async () => {
      await tessera.dispose();
      await drop();
    },
  };
}

/** All files of a data folder in one, without the master key: that one is meant to lie there in the clear. */
async function filesOf(folder: string): Promise<Buffer> {
  const names = (await readdir(folder)).filter((name) => !name.includes('master'));
  return Buffer.concat(await Promise.all(names.map((name) => readFile(path.join(folder, name)))));
}

async function emptyPostgres(): Promise<{ url: string; drop: () => Promise<void> }> {
  const server = process.env.TESSERA_TEST_DATABASE_URL;
  if (!server) throw new Error('TESSERA_TEST_DATABASE_URL is not set; scripts/test.sh starts a PostgreSQL and sets it');
  const name = `end2end_${randomBytes(6).toString('hex')}`;
  const psql = (sql: string) => run('psql', ['--quiet', '--dbname', server, '--command', sql]);
  await psql(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: async () => void (await psql(`drop database ${name} with (force)`)) };
}
