import { button, enter, goTo, heading, link } from '../support/dashboard.ts';
import type { Tessera } from '../support/tessera.ts';
import { axe, expect, hasJs, hydrated, type Page, test, visit } from '../support/test.ts';

// The reference of the Management API: an admin finds an operation, sees what it takes, and tries it.

const sure = 'I know that this changes the installation';

/** A client that may do everything, by the command line. */
async function deployTool(tessera: Tessera): Promise<string> {
  const { client_id } = await tessera.createClient('Deploy tool');
  await tessera.createGrant(client_id, `${tessera.issuer}api/v2/`, 'all');
  return client_id;
}

/** Chooses an operation in the list by what it does. */
async function choose(page: Page, summary: RegExp): Promise<void> {
  const operation = page.getByRole('navigation', { name: 'Operations' }).getByRole('link', { name: summary });
  await operation.click();
  await expect(operation).toHaveAttribute('aria-current', 'page');
  await hydrated(page);
}

/** The section with what came back. */
function answer(page: Page) {
  return page.getByRole('region', { name: 'Answer', exact: true });
}

async function fits(page: Page): Promise<void> {
  for (const width of [390, 1024, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth), `at ${width} px`).toBeLessThanOrEqual(width);
  }
}

test('an admin finds an operation, reads with it, and makes a client with another', async ({ page, tessera }) => {
  await enter(page, tessera);
  const id = await deployTool(tessera);
  await visit(page, '/');
  await goTo(page, 'APIs');
  await page.getByRole('main').getByRole('link', { name: /Management API/ }).first().click();
  await link(page, 'API reference').click();
  await expect(heading(page, 'API reference')).toBeVisible();
  await hydrated(page);
  await axe(page);

  const operations = page.getByRole('navigation', { name: 'Operations' }).getByRole('link');
  expect(await operations.count()).toBeGreaterThan(30);
  await page.getByRole('searchbox', { name: 'Path, summary or scope' }).fill('read:clients');
  await button(page, 'Filter').click();
  await expect(page).toHaveURL(/[?&]q=read%3Aclients/);
  await expect.poll(() => operations.count()).toBeLessThan(10);

  await choose(page, /^GET \/clients\/\{id\} /);
  await expect(page).toHaveURL(/[?&]op=get_clients_by_id/);
  await page.getByRole('textbox', { name: 'id', exact: true }).fill(id);
  await button(page, 'Send').click();
  await expect(answer(page)).toContainText('200 OK');
  await expect(answer(page)).toContainText('x-ratelimit-remaining');
  await expect(answer(page)).toContainText('"name": "Deploy tool"');
  await axe(page);
  await fits(page);

  await visit(page, '/reference');
  await choose(page, /^POST \/clients /);
  await expect(answer(page)).toHaveCount(0);
  const body = page.getByLabel('Body');
  await expect(body).toHaveValue(/"name": "example"/);
  await body.fill('{ "name": "Made in the reference" }');
  await page.getByRole('checkbox', { name: sure }).check();
  await button(page, 'Send').click();
  await expect(answer(page)).toContainText('201 Created');
  await expect(answer(page)).toContainText('client_secret');
  await axe(page);
  await fits(page);
  // No secret has come into the address.
  expect(page.url()).not.toContain('secret');

  await goTo(page, 'Clients');
  await expect(link(page, 'Made in the reference')).toBeVisible();
  await visit(page, '/logs');
  await expect(page.getByRole('row').filter({ hasText: 'Made in the reference' })).not.toHaveCount(0);
});

test('the API itself says what it does not take, and what was typed stays', async ({ page, tessera }) => {
  await enter(page, tessera);
  await deployTool(tessera);
  await visit(page, '/reference?op=post_clients');
  await page.getByLabel('Body').fill('{ name }');
  await page.getByRole('checkbox', { name: sure }).check();
  await button(page, 'Send').click();
  await expect(answer(page)).toContainText('400 Bad Request');
  await expect(answer(page)).toContainText('The body is not valid JSON');
  if (hasJs()) await expect(page.getByLabel('Body')).toHaveValue('{ name }');
  await axe(page);
});

test('nothing is changed by whoever did not say so', async ({ page, tessera }) => {
  await enter(page, tessera);
  await deployTool(tessera);
  await visit(page, '/reference?op=post_clients');
  await button(page, 'Send').click();
  await expect(page.getByRole('checkbox', { name: sure })).toBeFocused();
  await expect(answer(page)).toHaveCount(0);
  await visit(page, '/clients');
  await expect(link(page, 'example')).toHaveCount(0);
});

test('a token for an hour opens the API from a shell, and is shown once', async ({ page, tessera }) => {
  await enter(page, tessera);
  const id = await deployTool(tessera);
  await visit(page, '/reference?op=get_clients_by_id');
  await button(page, 'Make a token for an hour').click();
  await expect(answer(page)).toContainText('It carries');
  const token = await answer(page).locator('pre code').innerText();
  const got = await fetch(`${tessera.issuer}api/v2/clients/${id}`, { headers: { authorization: `Bearer ${token.trim()}` } });
  expect(got.status).toBe(200);
  await axe(page);
  await page.reload();
  await hydrated(page);
  await expect(answer(page)).toHaveCount(0);
});

test('without a client there is a way to one', async ({ page, tessera }) => {
  await enter(page, tessera);
  await visit(page, '/reference?op=get_clients');
  await expect(page.getByRole('heading', { name: 'No client is authorized yet' })).toBeVisible();
  await axe(page);
  await link(page, 'Authorize a client').click();
  await expect(page).toHaveURL(/\/apis\/\w+\/clients$/);
});
