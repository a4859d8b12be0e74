import { enter, goTo } from '../support/dashboard.ts';
import { expect, type Page, test, visit } from '../support/test.ts';

/** WebAssembly and JavaScript of one page, compressed, in bytes; scripts/sizes.mjs holds the files to the same. */
const budget = 400_000;

/** The files of the bundle that the page has asked for, by name, with the bytes that each took; grows as it asks for more. */
function bundle(page: Page): Map<string, number> {
  const files = new Map<string, number>();
  page.on('response', (answer) => {
    const name = /\/pkg\/\w+\/([\w.]+\.(?:wasm|js))$/.exec(answer.url())?.[1];
    if (name) files.set(name, Number(answer.headers()['content-length'] ?? Number.NaN));
  });
  return files;
}

const chunk = (name: string) => `split_${name}.wasm`;

test('a page fetches its own chunk, and that of another one when it is opened', { tag: '@js' }, async ({ page, tessera }) => {
  await enter(page, tessera);
  const files = bundle(page);
  await visit(page, '/clients');
  expect([...files.keys()]).toContain(chunk('clients'));
  for (const other of ['keys', 'logs', 'apis']) expect([...files.keys()]).not.toContain(chunk(other));

  await page.evaluate(() => document.body.setAttribute('data-same-document', ''));
  await goTo(page, 'Keys');
  await expect(page.getByRole('heading', { level: 1, name: 'Keys' })).toBeVisible();
  await expect(page).toHaveURL('/keys');
  expect([...files.keys()]).toContain(chunk('keys'));
  await expect(page.locator('body[data-same-document]'), 'no page was loaded').toBeAttached();
});

test('the overview and the sign-in page fetch no chunk', { tag: '@js' }, async ({ page, tessera }) => {
  const files = bundle(page);
  await visit(page, '/sign-in');
  await enter(page, tessera);
  await visit(page, '/');
  expect([...files.keys()].filter((name) => name.startsWith('split_'))).toEqual([]);
});

test('no first load is over the budget', { tag: '@js' }, async ({ page, tessera }) => {
  await enter(page, tessera);
  const api = await tessera.createApi('Orders', 'https://orders.example/', 'RS256', ['read:orders']);
  const client = await tessera.createClient('Billing worker');
  const paths = [
    '/',
    '/keys',
    '/logs',
    '/clients',
    `/clients/${client.client_id}/settings`,
    '/apis',
    ...['quickstart', 'settings', 'scopes', 'clients', 'test'].map((tab) => `/apis/${api.id}/${tab}`),
  ];
  for (const path of paths) {
    // A browser that has seen nothing yet.
    const context = await page.context().browser()!.newContext({ storageState: await page.context().storageState(), baseURL: tessera.origin });
    const fresh = await context.newPage();
    const files = bundle(fresh);
    await visit(fresh, path);
    const sum = [...files.values()].reduce((sum, size) => sum + size, 0);
    expect(sum, `${path}: ${[...files].join(' ')}`).toBeGreaterThan(budget / 10);
    expect(sum, `${path}: ${[...files].join(' ')}`).toBeLessThanOrEqual(budget);
    await context.close();
  }
});

test('what the page will fetch is named in the answer itself', async ({ page, tessera }) => {
  await enter(page, tessera);
  const answer = await page.request.get('/keys');
  const links = answer.headersArray().filter(({ name }) => name.toLowerCase() === 'link');
  const addresses = links.flatMap(({ value }) => [...value.matchAll(/<([^>]+)>; rel=preload/g)].map(([, address]) => address!));
  expect(addresses.join(' ')).toContain(chunk('keys'));
  for (const address of addresses) {
    const file = await page.request.get(address);
    expect(file.status(), address).toBe(200);
    expect(file.headers()['content-type']).toBe('application/wasm');
    expect(file.headers()['cache-control']).toContain('immutable');
  }
});

test.describe('where a chunk is not to be had', () => {
  test('a link leads to its page all the same', { tag: '@js' }, async ({ page, tessera, complaints }) => {
    complaints.expect(/Failed to load resource|Failed to fetch|TypeError|split_keys/);
    await enter(page, tessera);
    await visit(page, '/clients');
    // As after an update of the server: the files of the version before are gone.
    let refused = 0;
    await page.route(`**/${chunk('keys')}`, (route) => {
      refused += 1;
      return refused > 1 ? route.continue() : route.fulfill({ status: 404, contentType: 'text/plain', body: 'no such file' });
    });
    await goTo(page, 'Keys');
    await expect(page).toHaveURL('/keys');
    await expect(page.getByRole('heading', { level: 1, name: 'Keys' })).toBeVisible();
    await expect(page.locator('body[data-hydrated]'), 'the new page has come with its chunk').toBeAttached();
    expect(refused).toBeGreaterThan(1);

    await page.goBack();
    await expect(page).toHaveURL('/clients');
    await expect(page.getByRole('heading', { level: 1, name: 'Clients' })).toBeVisible();
  });

  test('the page from the server stays, and its links and forms work', { tag: '@js' }, async ({ page, tessera, complaints }) => {
    complaints.expect(/Failed to load resource|Failed to fetch|TypeError|split_clients/);
    await enter(page, tessera);
    await page.route(`**/${chunk('clients')}`, (route) => route.abort());
    await page.goto('/clients/new');
    await page.getByLabel('Name').fill('Billing worker');
    await page.getByRole('button', { name: 'Create client', exact: true }).click();
    await expect(page).toHaveURL(/\/clients\/\w+/);
    await expect(page.getByRole('heading', { level: 1, name: 'Billing worker' })).toBeVisible();
    await goTo(page, 'Logs');
    await expect(page.getByRole('heading', { level: 1, name: 'Logs' })).toBeVisible();
    await expect(page.locator('body[data-hydrated]')).toBeAttached();
  });

  test('the way back leads to its page, too', { tag: '@js' }, async ({ page, tessera, complaints }) => {
    complaints.expect(/Failed to load resource|Failed to fetch|TypeError|split_keys/);
    await enter(page, tessera);
    await visit(page, '/clients');
    await goTo(page, 'Keys');
    await expect(page).toHaveURL('/keys');
    await goTo(page, 'Logs');
    await expect(page).toHaveURL('/logs');
    // Loaded anew, the page knows nothing of the chunk; that step of its history is still one within the document.
    await page.route(`**/${chunk('keys')}`, (route) => route.abort());
    await page.reload();
    await expect(page.locator('body[data-hydrated]')).toBeAttached();
    await page.goBack();
    await expect(page).toHaveURL('/keys');
    await expect(page.getByRole('heading', { level: 1, name: 'Keys' })).toBeVisible();
    await goTo(page, 'Clients');
    await expect(page.getByRole('heading', { level: 1, name: 'Clients' })).toBeVisible();
  });
});
