import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { session, createAdmin } from './dashboard.ts';
import { type Client, Tessera } from './tessera.ts';
import { expect, test as base } from './test.ts';

/** What the populated server holds; tests only read it. */
export interface Populated {
  tessera: Tessera;
  cookie: { name: string; value: string; url: string };
  /** RS256, with `billing` authorized for one of its two scopes. */
  orders: { id: string; identifier: string };
  /** HS256, with its signing secret. */
  stock: { id: string; identifier: string; signing_secret: string };
  /** With more scopes than fit on a page. */
  archive: { id: string };
  /** The API of the server itself. */
  system: { id: string };
  billing: Client;
  /** Authorized for nothing. */
  portal: Client;
  /** The second secret of that client. */
  second: { id: string };
  /** Log entries: a change of the configuration, and a refused token. */
  changed: string;
  refused: string;
}

interface WorkerFixtures {
  populated: Populated;
}

/** A test on a server that holds more of everything than a page shows; made once for each worker. The browser is signed in. */
export const test = base.extend<object, WorkerFixtures>({
  populated: [
    async ({}, use) => {
      const tessera = await Tessera.start();
      try {
        await use(await populate(tessera));
      } finally {
        await tessera.dispose();
      }
    },
    { scope: 'worker' },
  ],

  tessera: async ({ populated }, use) => {
    await use(populated.tessera);
  },

  context: async ({ context, populated }, use) => {
    await context.addCookies([populated.cookie]);
    await use(context);
  },
});

/** How many clients there are, so that the list has two pages. */
export const clientCount = 28;

async function populate(tessera: Tessera): Promise<Populated> {
  await createAdmin(tessera);
  const billing = await tessera.createClient('Billing worker');
  const portal = await tessera.createClient('Partner portal');
  // A name and an identifier that are long and can't wrap everywhere.
  const nightly = await tessera.createClient('Nightly reconciliation of invoices, payments and refunds of the European subsidiaries');
  for (let n = 4; n <= clientCount; n += 1) await tessera.createClient(`Worker ${String(n).padStart(2, '0')}`);

  const orders = await tessera.createApi('Orders', 'https://orders.example/', 'RS256', ['read:orders', 'write:orders']);
  const stock = await tessera.createApi('Stock', 'https://stock.example/', 'HS256', ['read:stock']);
  const identifier = `https://archive.${'very-long-name.'.repeat(8)}example/api/v1/`;
  const scopes = Array.from({ length: 105 }, (_, n) => `read:collection-${n}`);
  const archive = await tessera.createApi('Archive of everything that was ever ordered', identifier, 'RS256', scopes);
  await tessera.createGrant(billing.client_id, orders.identifier, ['read:orders']);
  await tessera.createGrant(billing.client_id, archive.identifier, 'all');
  await tessera.createGrant(portal.client_id, stock.identifier, 'all');
  await tessera.createGrant(nightly.client_id, `${tessera.issuer}api/v2/`, 'all');

  const secret = ['secret', 'add', '--client-id', portal.client_id, '--name', 'For the new cluster', '--expires-at', '2099-12-31'];
  const second = await tessera.cliJson<{ id: string }>('client', ...secret);

  const jwk = path.join(await mkdtemp(path.join(tmpdir(), 'tessera-key-')), 'public.jwk');
  await writeFile(jwk, JSON.stringify(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })));
  await tessera.cliJson('client', 'key', 'add', '--client-id', portal.client_id, '--name', 'Build server', '--file', jwk);

  // Keys in all four states.
  const { keys } = await tessera.cliJson<{ keys: { kid: string; previous: boolean }[] }>('keys', 'rotate');
  await tessera.cli(['keys', 'revoke', keys.find((key) => key.previous)?.kid ?? '']);
  await tessera.cli(['keys', 'rotate']);

  // Another process made these, a moment ago.
  expect((await tessera.requestToken(portal, stock.identifier)).status).toBe(200);
  await tessera.requestToken(billing, orders.identifier);
  await tessera.requestToken(billing, orders.identifier, { scope: 'write:orders' });
  await tessera.requestToken({ ...billing, client_secret: randomBytes(48).toString('base64url') }, orders.identifier);
  await tessera.requestToken({ client_id: 'nobody', client_secret: 'x' }, 'https://nowhere.example/');
  await tessera.requestToken(portal, orders.identifier);

  const cookie = await session(tessera);
  const read = reader(tessera, cookie);
  const systemId = await read('/apis?q=Management', /\/apis\/(\w+)\/quickstart/);
  const changed = await read('/logs?type=sapi', /href="\/logs\/([\w-]+)"/);
  const refused = await read('/logs?type=feccft', /href="\/logs\/([\w-]+)"/);
  return {
    tessera,
    cookie,
    orders,
    stock: { ...stock, signing_secret: stock.signing_secret ?? '' },
    archive,
    system: { id: systemId },
    billing,
    portal,
    second,
    changed,
    refused,
  };
}

/** Reads a page of the dashboard until it holds what the pattern looks for: the log is written a moment later. */
function reader(tessera: Tessera, cookie: { name: string; value: string }): (path: string, pattern: RegExp) => Promise<string> {
  return async (path, pattern) => {
    let found: string | undefined;
    await expect
      .poll(async () => {
        const page = await fetch(tessera.origin + path, { headers: { cookie: `${cookie.name}=${cookie.value}` } });
        found = pattern.exec(await page.text())?.[1];
        return found;
      })
      .toBeTruthy();
    return found ?? '';
  };
}
