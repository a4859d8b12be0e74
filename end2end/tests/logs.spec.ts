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

  await link(page, 'Authorize client').click();
  await expect(page).toHaveURL(`/apis/${api.id}/clients?open=${client.client_id}`);
  await page.getByRole('switch', { name: 'Billing worker is authorized' }).click();
  await expect(page.getByRole('switch', { name: 'Billing worker is authorized' })).toBeChecked();
  expect((await tessera.requestToken(client, api.identifier)).status).toBe(200);

  // What has been put right is no longer complained about.
  await visit(page, '/logs');
  expect((await entries(page))[0]).toBe('Token issued: Issued');
  await expect(banner).toHaveCount(0);
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
