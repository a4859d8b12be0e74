import { addScope, button, enter, expectFieldError, heading, link, openConfirm, shownSecret, showSecret } from '../support/dashboard.ts';
import { test as populatedTest } from '../support/populated.ts';
import { expect, hasJs, hydrated, test, visit } from '../support/test.ts';

populatedTest('the list is searched and sorted by address', async ({ page, populated }) => {
  await visit(page, '/apis');
  const names = () => page.getByRole('table', { name: 'APIs' }).locator('tbody tr td:first-child a').allInnerTexts();
  expect(await names()).toEqual(['Archive of everything that was ever ordered', 'Orders', 'Stock', 'Tessera Management API']);
  await link(page, 'Created').click();
  await expect(page).toHaveURL('/apis?sort=newest');
  await expect(page.getByRole('columnheader', { name: 'Created' })).toHaveAttribute('aria-sort', 'descending');

  const search = page.getByRole('searchbox', { name: 'Search APIs' });
  await search.fill(populated.stock.identifier.toUpperCase());
  await search.press('Enter');
  await expect.poll(names).toEqual(['Stock']);
  await page.reload();
  await hydrated(page);
  expect(await names()).toEqual(['Stock']);
  await expect(page.getByRole('row').filter({ hasText: 'Stock' })).toContainText('HS256');
});

populatedTest('many scopes are searched and paged', async ({ page, populated }) => {
  await visit(page, `/apis/${populated.archive.id}/scopes`);
  await expect(page.getByText('Page 1 of 2, 105 in all')).toBeVisible();
  await link(page, 'Next').click();
  await expect(page.getByRole('row').filter({ hasText: 'read:collection-104' })).toBeVisible();
  const search = page.getByRole('searchbox', { name: 'Search scopes' });
  await search.fill('collection-77');
  await search.press('Enter');
  await expect(page.getByRole('row').filter({ hasText: 'read:collection-' })).toHaveCount(1);
});

populatedTest('an identifier that is taken is told beside its field', async ({ page, populated, complaints }) => {
  complaints.expect(/status of 409/);
  await visit(page, '/apis/new');
  await page.getByLabel('Name').fill('Orders again');
  await page.getByLabel('Identifier').fill(populated.orders.identifier);
  await page.getByRole('radio', { name: 'HS256' }).check();
  await button(page, 'Create API').click();
  await expectFieldError(page.getByLabel('Identifier'), 'Choose another identifier: an API with this one exists.', populated.orders.identifier);
  if (hasJs()) {
    await expect(page.getByLabel('Name')).toHaveValue('Orders again');
    await expect(page.getByRole('radio', { name: 'HS256' })).toBeChecked();
  }
});

populatedTest('an identifier that is none is told what would be one', async ({ page, complaints }) => {
  complaints.expect(/status of 422/);
  await visit(page, '/apis/new');
  await page.getByLabel('Name').fill('Orders');
  await page.getByLabel('Identifier').fill('my orders api');
  await button(page, 'Create API').click();
  await expectFieldError(page.getByLabel('Identifier'), 'Use a URL or URN of printable ASCII characters without spaces', 'my orders api');
});

test('settings are edited', async ({ page, tessera, complaints }) => {
  complaints.expect(/status of 422/);
  await enter(page, tessera);
  const api = await tessera.createApi('Orders', 'https://orders.example/', 'RS256');
  await visit(page, `/apis/${api.id}/settings`);
  const lifetime = page.getByLabel('Token lifetime in seconds');

  await lifetime.fill('2592001');
  await button(page.getByRole('region', { name: 'Details' }), 'Save').click();
  await expectFieldError(lifetime, 'Enter a number of seconds from 1 to 2592000 (30 days).', '2592001');

  await page.getByLabel('Name', { exact: true }).fill('Orders of all shops');
  await lifetime.fill('5400');
  if (hasJs()) await expect(page.getByText('That is 1 hour 30 minutes.')).toBeVisible();
  await button(page.getByRole('region', { name: 'Details' }), 'Save').click();
  await expect(page.getByText('The details are saved.')).toBeVisible();
  await expect(heading(page, 'Orders of all shops')).toBeVisible();
  await expect(page.getByText('That is 1 hour 30 minutes.')).toBeVisible();
  await expect(lifetime).toHaveValue('5400');
});

test('the algorithm is changed after the consequences were told', async ({ page, tessera }) => {
  await enter(page, tessera);
  const api = await tessera.createApi('Orders', 'https://orders.example/', 'RS256');
  await visit(page, `/apis/${api.id}/settings`);
  await expect(page.getByRole('heading', { name: 'Signing secret' })).toHaveCount(0);
  const panel = await openConfirm(page, 'Change algorithm');
  await expect(panel).toContainText('it refuses every new token');
  await panel.getByRole('radio', { name: 'HS256' }).check();
  await button(panel, 'Change algorithm').click();
  await expect(page.getByText('New tokens are signed with the new algorithm.')).toBeVisible();
  expect(await showSecret(page)).toHaveLength(64);
});

test('scopes are added, described and refused', async ({ page, tessera, complaints }) => {
  complaints.expect(/status of (422|409)/);
  await enter(page, tessera);
  const api = await tessera.createApi('Orders', 'https://orders.example/', 'RS256');
  await visit(page, `/apis/${api.id}/scopes`);
  const scope = page.getByLabel('Scope', { exact: true });

  await scope.fill('openid');
  await button(page, 'Add scope').click();
  await expectFieldError(scope, 'Choose another word: openid is reserved by OpenID Connect.', 'openid');
  await addScope(page, 'read:orders', 'Read orders');
  await scope.fill('read:orders');
  await button(page, 'Add scope').click();
  await expectFieldError(scope, 'Choose another scope: the API defines this one already.', 'read:orders');

  await link(page, 'Edit the description of read:orders').click();
  await page.getByLabel('Description of read:orders').fill('Read orders and their lines');
  await button(page, 'Save').click();
  await expect(page.getByLabel('Description of read:orders')).toHaveCount(0);
  await expect(page.getByRole('row').filter({ hasText: 'read:orders' })).toContainText('Read orders and their lines');

  // Leaves everything as it was.
  await link(page, 'Remove read:orders').click();
  await link(page, 'Cancel').click();
  await expect(page.getByRole('row').filter({ hasText: 'read:orders' })).toHaveCount(1);
});

populatedTest('the Management API offers nothing that would break it', async ({ page, populated }) => {
  const api = `/apis/${populated.system.id}`;
  await visit(page, `${api}/settings`);
  await expect(page.getByText("it can't be deleted")).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Danger zone' })).toHaveCount(0);
  await expect(page.locator('summary')).toHaveCount(0);
  await expect(page.getByLabel('Name')).toHaveCount(0);

  await visit(page, `${api}/scopes`);
  await expect(page.getByRole('row').filter({ hasText: 'read:clients' })).toBeVisible();
  await expect(button(page, 'Add scope')).toHaveCount(0);
  await expect(page.getByRole('link', { name: /^(Edit|Remove)/ })).toHaveCount(0);
});

populatedTest('the signing secret is in no page that did not ask for it', async ({ page, populated }) => {
  const { id, signing_secret: secret } = populated.stock;
  for (const path of ['quickstart', 'scopes', 'clients', 'test', 'settings']) {
    await visit(page, `/apis/${id}/${path}`);
    expect(await page.content()).not.toContain(secret);
  }
  expect(await showSecret(page)).toBe(secret);
  if (hasJs()) await button(page, 'Hide').click();
  else await page.reload();
  await expect(shownSecret(page)).toHaveCount(0);
  expect(await page.content()).not.toContain(secret);
});

populatedTest('what is copied from the Quickstart is what is shown', async ({ page, context, populated }) => {
  if (hasJs()) await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  for (const stack of ['node-express', 'curl']) {
    await visit(page, `/apis/${populated.stock.id}/quickstart?stack=${stack}`);
    const boxes = await page.getByRole('figure').all();
    expect(boxes.length).toBeGreaterThan(1);
    for (const box of boxes) {
      if (!hasJs()) {
        await expect(button(box, 'Copy')).toBeDisabled();
        continue;
      }
      await button(box, 'Copy').click();
      await expect(button(box, 'Copied')).toBeVisible();
      const shown = await box.locator('pre code').textContent();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(shown);
      expect(shown).not.toMatch(/^\$|\n$/);
    }
  }
});

test('the Test tab says why a client gets no token', async ({ page, tessera }) => {
  await enter(page, tessera);
  const api = await tessera.createApi('Orders', 'https://orders.example/', 'RS256', ['read:orders', 'write:orders']);
  const client = await tessera.createClient('Billing worker');
  await tessera.createGrant(client.client_id, api.identifier, ['read:orders']);
  await expect.poll(async () => (await tessera.requestToken(client, api.identifier)).status).toBe(200);
  await visit(page, `/apis/${api.id}/test`);
  await page.getByLabel('Scopes').fill('write:orders');
  await button(page, 'Show request').click();
  await expect(page).toHaveURL(({ searchParams }) => searchParams.get('client') === client.client_id && searchParams.get('scope') === 'write:orders');
  await expect(page.getByRole('figure', { name: 'Terminal' })).toContainText("'scope=write:orders'");
  await button(page, 'Get a token').click();
  await expect(page.getByText('Refused: The grant does not hold: write:orders.')).toBeVisible();
  await link(page, 'Open Non Interactive Clients').click();
  await expect(page.getByRole('switch', { name: 'Billing worker is authorized' })).toBeChecked();
});
