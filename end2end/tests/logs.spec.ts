import { enter, fact, goTo, heading, link } from '../support/dashboard.ts';
import { test as populatedTest } from '../support/populated.ts';
import { expect, hasJs, hydrated, type Page, test, visit } from '../support/test.ts';

/** The rows of the log, newest first: what happened and how it ended. Read at once: the list may be drawn anew meanwhile. */
function entries(page: Page): Promise<string[]> {
  const rows = page.getByRole('table', { name: 'Log entries, newest first' }).locator('tbody tr');
  return rows.evaluateAll((rows) => rows.map((row) => `${row.querySelector('a')?.textContent}: ${row.lastElementChild?.textContent}`));
}

test('a refused token leads to where it is put right', async ({ page, tessera }) => {
  await enter(page, tessera);
  const api = await tessera.createApi('Orders', 'https://orders.example/', 'RS256', ['read:orders']);
  const client = await tessera.createClient('Billing worker');
  const refusal = async () => (await tessera.requestToken(client, api.identifier)).text();
  await expect.poll(refusal).toContain('Client is not authorized to access');

  await visit(page, '/');
  await goTo(page, 'Logs');
  const banner = page.getByRole('region', { name: 'Latest refusal' });
  await expect(banner).toContainText('Refused: Billing worker is not authorized for Orders');
  await expect(banner).toContainText("Authorize the client on the API's Non Interactive Clients tab.");
  await banner.getByRole('link', { name: 'Details' }).click();
  expect(await fact(page, 'Reason')).toBe('client_not_authorized');

  await link(page, 'Open the tab').click();
  await expect(page).toHaveURL(`/apis/${api.id}/clients?open=${client.client_id}`);
  await page.getByRole('switch', { name: 'Billing worker is authorized' }).click();
  await expect(page.getByRole('switch', { name: 'Billing worker is authorized' })).toBeChecked();
  expect((await tessera.requestToken(client, api.identifier)).status).toBe(200);

  // What has been put right is no longer complained about.
  await visit(page, '/logs');
  expect((await entries(page))[0]).toBe('Token issued: Issued');
  await expect(banner).toHaveCount(0);
});

test('one button puts a refusal right, and one takes that back', async ({ page, tessera }) => {
  await enter(page, tessera);
  const api = await tessera.createApi('Orders', 'https://orders.example/', 'RS256', ['read:orders', 'write:orders']);
  const client = await tessera.createClient('Billing worker');
  const ask = async (): Promise<{ error?: string; error_id?: string; error_uri?: string }> =>
    (await tessera.requestToken(client, api.identifier, { scope: 'read:orders' })).json();
  await expect.poll(async () => (await ask()).error_uri).toMatch(/client_not_authorized$/);

  // The caller quotes its error_id; the box leads to the entry.
  await visit(page, '/logs');
  await link(page, 'Explain a token or an error').click();
  await page.getByLabel('Token, error or error_id').fill(JSON.stringify(await ask()));
  await page.getByRole('button', { name: 'Explain' }).click();
  await expect(page).toHaveURL(/\/logs\/\d{24}$/);
  await hydrated(page);
  expect(await fact(page, 'Grant type')).toBe('client_credentials');
  expect(await fact(page, 'Proved itself by')).toBe('client_secret_post');

  const why = page.getByRole('region', { name: 'Why it was refused' });
  await expect(why).toContainText('Authorizes Billing worker for Orders with read:orders.');
  await why.getByRole('button', { name: 'Authorize client' }).click();
  await expect(page.getByText('Billing worker is authorized for Orders with read:orders.')).toBeVisible();
  await expect(why.getByRole('button')).toHaveCount(0);
  await expect.poll(async () => (await ask()).error).toBeUndefined();

  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(why.getByRole('button', { name: 'Authorize client' })).toBeVisible();
  await expect.poll(async () => (await ask()).error).toBe('access_denied');

  await why.getByRole('link', { name: 'More about client_not_authorized' }).click();
  await expect(page).toHaveURL('/docs/errors/client_not_authorized');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('No grant');
});

test('what is pasted is explained', async ({ page, tessera }) => {
  await enter(page, tessera);
  const api = await tessera.createApi('Orders', 'https://orders.example/', 'ES256', ['read:orders']);
  const client = await tessera.createClient('Billing worker');
  await tessera.createGrant(client.client_id, api.identifier, 'all');
  const answer = await (await tessera.requestToken(client, api.identifier)).json();
  const paste = async (text: string) => {
    await visit(page, '/logs/explain');
    await page.getByLabel('Token, error or error_id').fill(text);
    await page.getByRole('button', { name: 'Explain' }).click();
    await expect(page.getByRole('heading', { name: 'What it means' })).toBeVisible();
    await hydrated(page);
    expect(page.url()).not.toContain(answer.access_token);
    return page.getByRole('region', { name: 'What it means' });
  };
  const said = await paste(`Authorization: Bearer ${answer.access_token}`);
  await expect(said).toContainText('This token holds');
  await expect(said.getByRole('table', { name: 'Claims' })).toContainText('read:orders');
  await expect(said.locator('dl')).toContainText('Orders, and no other API');
  await expect(said.getByRole('link', { name: 'Billing worker' })).toBeVisible();

  const forged = answer.access_token.replace(/.{4}$/, 'AAAA');
  await expect(await paste(forged)).toContainText('The signature does not match');
  await expect(await paste('{"error":"invalid_client","error_description":"x"}')).toContainText('assertion_audience');
  await expect(await paste('error="invalid_token"')).toContainText('Your API said this, not this server');
  await expect(await paste('hello')).toContainText('Nothing that could be explained');
});

populatedTest('the newest entry comes first', async ({ page }) => {
  await visit(page, '/logs?type=feccft');
  expect(await entries(page)).toEqual([
    'Token refused: No grant',
    'Token refused: Unknown client',
    'Token refused: Wrong secret',
    'Token refused: Scope not granted',
  ]);
});

populatedTest('the log is filtered by type, client and API', async ({ page, populated }) => {
  await visit(page, '/logs');
  await page.getByRole('combobox', { name: 'All types' }).selectOption({ label: 'Token refused' });
  await page.getByRole('combobox', { name: 'All clients' }).selectOption({ label: 'Billing worker' });
  await page.getByRole('combobox', { name: 'All APIs' }).selectOption({ label: 'Orders' });
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  // Without script the browser names the empty field, too.
  const query = `type=feccft&client=${populated.billing.client_id}&api=${encodeURIComponent(populated.orders.identifier)}`;
  await expect(page).toHaveURL(`/logs?${hasJs() ? '' : 'q=&'}${query}`);
  const own = ['Token refused: Wrong secret', 'Token refused: Scope not granted'];
  await expect.poll(() => entries(page)).toEqual(own);
  await page.reload();
  await hydrated(page);
  expect(await entries(page)).toEqual(own);
  await expect(page.getByRole('combobox', { name: 'All clients' })).toHaveValue(populated.billing.client_id);

  await link(page, 'Remove filter Type: Token refused').click();
  await expect.poll(async () => (await entries(page)).includes('Token issued: Issued')).toBe(true);
  await page.getByRole('searchbox').fill('secret_wrong');
  await page.getByRole('searchbox').press('Enter');
  await expect.poll(() => entries(page)).toEqual(['Token refused: Wrong secret']);
});

populatedTest('the log is paged', async ({ page }) => {
  await visit(page, '/logs?type=sapi');
  const first = await entries(page);
  await link(page, 'Next').click();
  await expect(page).toHaveURL('/logs?type=sapi&page=2');
  await expect.poll(() => entries(page)).not.toEqual(first);
});

test('a change is shown before and after', async ({ page, tessera }) => {
  await enter(page, tessera);
  const { client_id: id } = await tessera.createClient('Billing worker');
  await visit(page, `/clients/${id}/settings`);
  await page.getByLabel('Name', { exact: true }).fill('Invoices');
  await page.getByRole('region', { name: 'Details' }).getByRole('button', { name: 'Save' }).click();
  await expect(heading(page, 'Invoices')).toBeVisible();

  await visit(page, '/logs');
  await page.getByRole('link', { name: /^Client .* changed$/ }).click();
  const name = page.getByRole('table', { name: 'What was changed, field by field' }).getByRole('row', { name: /^name/ });
  await expect(name.getByRole('cell').first()).toHaveText('Billing worker');
  await expect(name.getByRole('cell').last()).toHaveText('Invoices');
  await expect(page.locator('dl')).toContainText('ada@example.com (admin)');
});
