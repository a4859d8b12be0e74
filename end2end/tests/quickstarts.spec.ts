import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { button, enter, link, openTab } from '../support/dashboard.ts';
import type { Tessera } from '../support/tessera.ts';
import { expect, hasJs, type Locator, type Page, test as base, visit } from '../support/test.ts';

const identifier = 'https://orders.example/';

/** A folder of a developer's own, and what runs in it. */
class Workshop {
  private readonly running: ChildProcess[] = [];

  constructor(
    readonly folder: string,
    /** Where the programs listen, instead of the port that they would take by themselves. */
    readonly port: number,
  ) {}

  /** Types a command into a shell and answers what it printed. */
  async type(command: string, env: Record<string, string> = {}): Promise<string> {
    const { stdout } = await promisify(execFile)('sh', ['-c', this.here(command)], { cwd: this.folder, env: { ...process.env, ...env }, timeout: 120_000 });
    return stdout;
  }

  /** Starts a server by a command and waits until it answers. */
  async start(command: string): Promise<void> {
    const child = spawn('sh', ['-c', `exec ${this.here(command)}`], { cwd: this.folder, env: { ...process.env, PORT: String(this.port) }, stdio: 'ignore' });
    this.running.push(child);
    await expect.poll(() => fetch(this.url('public')).then((answer) => answer.status, () => undefined), { timeout: 30_000 }).toBe(200);
  }

  url(route: string): string {
    return `http://localhost:${this.port}/api/${route}`;
  }

  async status(route: string): Promise<number> {
    return (await fetch(this.url(route))).status;
  }

  async dispose(): Promise<void> {
    for (const child of this.running) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  private here(command: string): string {
    return command.replaceAll('localhost:3010', `localhost:${this.port}`);
  }
}

const test = base.extend<{ workshop: Workshop }>({
  workshop: async ({}, use) => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const address = probe.address();
    probe.close();
    if (typeof address !== 'object' || address === null) throw new Error('the system gave no port');
    const workshop = new Workshop(await mkdtemp(path.join(tmpdir(), 'tessera-workshop-')), address.port);
    await use(workshop);
    await workshop.dispose();
  },
});

/** An API with a client that is authorized for one of its two scopes. */
async function orders(tessera: Tessera, algorithm: 'RS256' | 'EdDSA' = 'RS256') {
  const api = await tessera.createApi('Orders', identifier, algorithm, ['read:orders', 'write:orders']);
  const client = await tessera.createClient('Billing worker');
  await tessera.createGrant(client.client_id, api.identifier, ['read:orders']);
  return { api, client };
}

/** What the copy button of a box gives; without script people select the text. */
async function copied(page: Page, box: Locator): Promise<string> {
  if (!hasJs()) return (await box.locator('pre code').textContent()) ?? '';
  await button(box, 'Copy').click();
  await expect(button(box, 'Copied')).toBeVisible();
  return page.evaluate(() => navigator.clipboard.readText());
}

test('what is copied from the tab, pasted into a file and run is an API that lets the token of the Test tab in', async ({ page, context, tessera, workshop }) => {
  test.slow(); // It installs from npm.
  if (hasJs()) await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await enter(page, tessera);
  const { api } = await orders(tessera);
  await visit(page, `/apis/${api.id}/quickstart?stack=node-express`);
  for (const step of await page.locator('section.part').all()) {
    const title = (await step.getByRole('heading').textContent()) ?? '';
    const box = step.getByRole('figure');
    const name = (await box.locator('figcaption').innerText()).split('\n')[0] ?? '';
    const text = await copied(page, box);
    if (name !== 'Terminal') await writeFile(path.join(workshop.folder, name), text);
    else if (title.includes('Start it')) await workshop.start(text);
    else {
      const printed = await workshop.type(text);
      if (title.includes('Try it')) expect(printed).toMatch(/200 OK[\s\S]+Anyone may read this[\s\S]+401 Unauthorized/);
    }
  }

  await openTab(page, 'Test');
  await button(page, 'Get a token').click();
  const call = page.getByRole('region', { name: 'Call your API with it' }).getByRole('figure');
  const command = await copied(page, call);
  expect(await workshop.type(command, { API_URL: workshop.url('private') })).toContain('Your token is valid.');
  expect(await workshop.type(command, { API_URL: workshop.url('private-scoped') })).toContain('Your token is valid and has the scope.');
});

test('the zip is a folder that installs and starts as it is', async ({ page, tessera, workshop }) => {
  test.slow(); // It installs from npm.
  await enter(page, tessera);
  const { api } = await orders(tessera);
  await visit(page, `/apis/${api.id}/quickstart?stack=node-fastify`);
  const saved = page.waitForEvent('download');
  await link(page, 'Download as a zip').click();
  const download = await saved;
  expect(download.suggestedFilename()).toBe('node-fastify.zip');
  await download.saveAs(path.join(workshop.folder, 'program.zip'));
  await workshop.type('python3 -m zipfile -e program.zip . && mv node-fastify/* .');
  const readme = await readFile(path.join(workshop.folder, 'README.md'), 'utf8');
  expect(readme).toContain('# Node.js · Fastify');
  expect(readme).toContain('npm ci');
  await workshop.type('npm ci --no-audit --no-fund');
  await workshop.start('node server.mjs');
  expect(await workshop.status('private')).toBe(401);
});

test('the zip is not for strangers, and there is none of what does not exist', async ({ page, tessera }) => {
  const { api } = await orders(tessera);
  const zip = `${tessera.origin}/apis/${api.id}/quickstart/node-express.zip`;
  const answer = await fetch(zip, { redirect: 'manual' });
  expect(answer.status).toBe(303);
  expect(answer.headers.get('location')).toMatch(/^\/setup/);

  await enter(page, tessera);
  for (const missing of ['cobol.zip', 'node-express', 'node-express.tar']) {
    expect((await page.request.get(`/apis/${api.id}/quickstart/${missing}`)).status(), missing).toBe(404);
  }
  expect((await page.request.get('/apis/nothing/quickstart/node-express.zip')).status()).toBe(404);
});

test('a stack that does not know the algorithm says so and leads to one that does', async ({ page, tessera }) => {
  await enter(page, tessera);
  const { api } = await orders(tessera, 'EdDSA');
  await visit(page, `/apis/${api.id}/quickstart?stack=csharp-aspnet`);
  const stacks = page.getByRole('navigation', { name: 'Quickstarts' });
  await expect(stacks.getByRole('link', { name: 'C# · ASP.NET Core no EdDSA' })).toHaveAttribute('aria-current', 'page');
  await expect(page.getByText('C# · ASP.NET Core does not support EdDSA.')).toBeVisible();
  await expect(link(page, 'Download as a zip')).toHaveCount(0);
  await page.getByRole('article').getByRole('link').click();
  await expect(page.getByRole('article').getByRole('figure').first()).toBeVisible();
  await expect(page.getByRole('article')).toContainText('EdDSA');
});

test('a program that our tests can not run says so', async ({ page, tessera }) => {
  await enter(page, tessera);
  const { api } = await orders(tessera);
  await visit(page, `/apis/${api.id}/quickstart?stack=csharp-aspnet`);
  await expect(page.getByText('Not executed in our tests.')).toBeVisible();
  await expect(page.getByText('This program ran in our tests')).toHaveCount(0);
});

test('the Test tab shows the request in the language that one works in', async ({ page, tessera }) => {
  await enter(page, tessera);
  const { api, client } = await orders(tessera);
  await visit(page, `/apis/${api.id}/test`);
  await page.getByLabel('Language').selectOption('Go · oauth2');
  if (!hasJs()) await button(page, 'Show request').click();
  await expect(page).toHaveURL(({ searchParams }) => searchParams.get('client') === client.client_id && searchParams.get('language') === 'ask-go');
  const request = page.getByRole('region', { name: 'Request' });
  await expect(request.getByRole('figure', { name: 'main.go' })).toContainText(client.client_id);
  await button(page, 'Get a token').click();
  const call = page.getByRole('region', { name: 'Call your API with it' });
  await expect(call.getByRole('figure', { name: 'main.go' })).toBeVisible();
  await expect(call.getByRole('figure', { name: 'Terminal' })).toContainText('Authorization: Bearer ey');
  await expect(page.getByLabel('Language')).toHaveValue('ask-go');

  await link(page, 'See and download the whole program').click();
  await expect(page).toHaveURL(`/apis/${api.id}/quickstart?stack=ask-go`);
  await expect(page.getByRole('article', { name: 'Go · oauth2' })).toBeVisible();
});

test('a client sees programs of its own kind', async ({ page, tessera }) => {
  await enter(page, tessera);
  const { client } = await orders(tessera);
  await visit(page, `/clients/${client.client_id}/quickstart`);
  const languages = page.getByRole('navigation', { name: 'Languages' });
  await expect(languages.getByRole('link', { name: 'cURL' })).toHaveAttribute('aria-current', 'page');
  await expect(languages.getByRole('link', { name: /private key/i })).toHaveCount(0);
  await languages.getByRole('link', { name: 'Python' }).click();
  await expect(languages.getByRole('link', { name: 'Python' })).toHaveAttribute('aria-current', 'page');
  await expect(page.getByRole('figure', { name: 'request.py' })).toContainText(client.client_id);

  await tessera.cli(['client', 'auth', '--client-id', client.client_id, '--method', 'private_key_jwt']);
  await expect(async () => {
    await visit(page, `/clients/${client.client_id}/quickstart`);
    await expect(languages.getByRole('link', { name: /private key/i }).first()).toBeVisible();
    await expect(languages.getByRole('link', { name: 'cURL' })).toHaveCount(0);
  }).toPass();
});
