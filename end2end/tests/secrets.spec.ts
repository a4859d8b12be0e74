import { button, enter, heading, openConfirm, shownSecret } from '../support/dashboard.ts';
import type { Client, Tessera } from '../support/tessera.ts';
import { axe, expect, hydrated, type Locator, type Page, test, visit } from '../support/test.ts';

const identifier = 'https://orders.example/';

/** A client that is authorized for an API, on its Settings tab. */
async function settings(page: Page, tessera: Tessera): Promise<Client> {
  await enter(page, tessera);
  const client = await tessera.createClient('Billing worker');
  await tessera.createApi('Orders', identifier, 'RS256');
  await tessera.createGrant(client.client_id, identifier, 'all');
  await visit(page, path(client));
  return client;
}

function path(client: Client): string {
  return `/clients/${client.client_id}/settings`;
}

/** What is said and can be done about the secret of this name. */
function card(page: Page, name: string): Locator {
  return page.locator('article').filter({ has: page.getByRole('heading', { name, exact: true }) });
}

/** Shows the secret of this name and comes back to the Settings tab. */
async function show(page: Page, client: Client, name: string): Promise<Client> {
  await hydrated(page);
  await button(card(page, name), 'Show').click();
  const shown = shownSecret(page);
  await expect(shown).toBeVisible();
  const client_secret = await shown.innerText();
  await visit(page, path(client));
  return { ...client, client_secret };
}

async function status(tessera: Tessera, client: Client): Promise<number> {
  return (await tessera.requestToken(client, identifier)).status;
}

/** Opens the page again until it says this: last use is written a moment later. */
async function says(page: Page, text: string): Promise<void> {
  await expect(async () => {
    await visit(page, page.url());
    await expect(page.getByRole('main')).toContainText(text, { timeout: 500 });
  }).toPass();
}

test('a secret is rotated without an outage', async ({ page, tessera }) => {
  const old = await settings(page, tessera);
  await expect(card(page, 'First secret')).toContainText('Never used');
  expect(await status(tessera, old)).toBe(200);
  await button(card(page, 'First secret'), 'Rotate First secret').click();
  await expect(page.getByText('The rotation has begun: both secrets are accepted.')).toBeVisible();
  const fresh = await show(page, old, 'Secret 2');
  expect(fresh.client_secret).toMatch(/^tessera_cs_[0-9A-Za-z]{53}$/);
  expect(fresh.client_secret).not.toBe(old.client_secret);
  await expect(page.getByText('Secret 2 has not been used yet: give it to the program.').first()).toBeVisible();
  expect([await status(tessera, old), await status(tessera, fresh)]).toEqual([200, 200]);

  await says(page, 'Secret 2 is in use: last used');
  await expect(card(page, 'First secret')).toContainText(/Last used .* from 127\.0\.0\.1/);
  const panel = await openConfirm(page, 'Complete rotation');
  await expect(panel).toContainText('First secret is still in use: last used');
  await axe(page);
  await button(panel, 'Complete rotation').click();
  await expect(page.getByText('The rotation is complete: the old secret is refused.')).toBeVisible();
  await expect(card(page, 'First secret')).toHaveCount(0);
  expect([await status(tessera, old), await status(tessera, fresh)]).toEqual([401, 200]);
});

test('a rotation is cancelled', async ({ page, tessera }) => {
  const old = await settings(page, tessera);
  await button(card(page, 'First secret'), 'Rotate First secret').click();
  await expect(page.getByText('The rotation has begun')).toBeVisible();
  const fresh = await show(page, old, 'Secret 2');
  const panel = await openConfirm(page, 'Cancel rotation');
  await button(panel, 'Cancel rotation').click();
  await expect(page.getByText('The rotation is cancelled: the new secret is refused.')).toBeVisible();
  await expect(card(page, 'Secret 2')).toHaveCount(0);
  expect([await status(tessera, old), await status(tessera, fresh)]).toEqual([200, 401]);
});

test('secrets are added, changed and removed', async ({ page, tessera, complaints }) => {
  complaints.expect(/status of 422/);
  const first = await settings(page, tessera);
  await expect(page.locator('summary', { hasText: 'Remove' })).toHaveCount(0);
  await page.locator('summary', { hasText: 'Add a secret' }).click();
  const add = page.locator('details').filter({ has: page.locator('summary', { hasText: 'Add a secret' }) });
  await add.getByLabel('Secret name').fill('For the new cluster');
  await add.getByLabel('Expires on').fill('2001-01-01');
  await button(add, 'Add secret').click();
  await expect(add.getByText('Choose a time to come')).toBeVisible();
  await add.getByLabel('Secret name').fill('For the new cluster');
  await add.getByLabel('Expires on').fill('2099-12-31');
  await button(add, 'Add secret').click();
  await expect(page.getByText('The client has one more secret.')).toBeVisible();

  const second = card(page, 'For the new cluster');
  await expect(second).toContainText('Expires in');
  await second.locator('summary', { hasText: 'Edit' }).click();
  await expect(second.getByLabel('Expires on')).toHaveValue('2099-12-31');
  await second.getByLabel('Secret name').fill('New cluster');
  await second.getByLabel('Expires on').fill('');
  await button(second, 'Save').click();
  await expect(card(page, 'New cluster')).toContainText('Does not expire');

  const removed = card(page, 'First secret');
  await removed.locator('summary', { hasText: 'Remove' }).click();
  await button(removed, 'Remove secret').click();
  await expect(page.getByText('The secret is removed and refused.')).toBeVisible();
  await expect(removed).toHaveCount(0);
  expect(await status(tessera, first)).toBe(401);
});

test('after how long without use a secret is called safe to remove stands in the address', async ({ page, tessera }) => {
  const client = await settings(page, tessera);
  await tessera.cli(['client', 'secret', 'add', '--client-id', client.client_id]);
  await visit(page, path(client));
  await expect(page.getByRole('link', { name: '7 days' })).toHaveAttribute('aria-current', 'true');
  await page.getByRole('link', { name: '30 days' }).click();
  await expect(page).toHaveURL(`${path(client)}?unused=30`);
  await expect(page.getByRole('link', { name: '30 days' })).toHaveAttribute('aria-current', 'true');
  await expect(page.getByText('Safe to remove', { exact: true })).toHaveCount(0);
});

test('a found secret is named and removed, and nothing of it stands in an address', async ({ page, tessera, complaints }) => {
  complaints.expect(/status of 422/);
  const client = await settings(page, tessera);
  const addresses: string[] = [];
  page.on('request', (request) => addresses.push(request.url()));
  const find = async (secret: string): Promise<void> => {
    await visit(page, '/clients');
    await page.getByLabel('Secret', { exact: true }).fill(secret);
    await button(page, 'Find its client').click();
  };
  await find('a password of somewhere else');
  await expect(page.getByText('This is no secret of a client of this server')).toBeVisible();
  await find(`${client.client_secret.slice(0, -1)}-`);
  await expect(page.getByText('its checksum does not hold')).toBeVisible();
  await find(`  CLIENT_SECRET="${client.client_secret}"`);
  await expect(heading(page, 'Found secret')).toBeVisible();
  await expect(page.getByRole('heading', { name: '“First secret” of Billing worker' })).toBeVisible();
  await expect(page.getByText('It is live')).toBeVisible();
  await axe(page);
  expect(await page.content()).not.toContain(client.client_secret);

  // The only live one is replaced; one of several is removed.
  await button(page, 'Replace secret').click();
  await expect(page.getByText('The leaked secret is refused. Give the new one to the program')).toBeVisible();
  expect(await status(tessera, client)).toBe(401);
  const second = await show(page, client, 'Secret 2');
  await tessera.cli(['client', 'secret', 'add', '--client-id', client.client_id]);
  await find(second.client_secret);
  await button(page, 'Remove secret').click();
  await expect(page.getByText('The leaked secret is removed and refused.')).toBeVisible();
  expect(await status(tessera, second)).toBe(401);
  await find(client.client_secret);
  await expect(page.getByText('no client of this server has it')).toBeVisible();

  await visit(page, '/clients');
  await page.getByLabel('Secret', { exact: true }).fill(' ');
  await button(page, 'Find its client').click();
  // What was pasted does not come back, with script or without.
  await expect(page.getByLabel('Secret', { exact: true })).toHaveAccessibleDescription(/^Paste the secret that you found\./);
  await expect(page.getByLabel('Secret', { exact: true })).toBeFocused();
  expect(addresses.filter((address) => address.includes('tessera_cs') || address.includes('somewhere'))).toEqual([]);
  await visit(page, '/logs?q=leaked');
  await expect(page.getByRole('main')).toContainText('it was reported as leaked');
});
