import { authorized, button, createAdmin, link } from '../support/dashboard.ts';
import { expect, type Locator, type Page, test, visit } from '../support/test.ts';

/** The most clicks from the sign-in page of an empty server to a token. */
const most = 12;

/** Counts clicks; a press of Enter would be one too, but nothing here needs it. */
class Clicks {
  made = 0;

  async on(target: Locator): Promise<void> {
    this.made += 1;
    await target.click();
  }
}

/** Types into fields one after the other: the first has the focus by itself, Tab leads to the next. */
async function type(page: Page, values: Record<string, string>): Promise<void> {
  for (const [position, [label, value]] of Object.entries(values).entries()) {
    if (position > 0) await page.keyboard.press('Tab');
    await expect(page.getByLabel(label, { exact: true }), `${label} has the focus`).toBeFocused();
    await page.keyboard.type(value);
  }
}

test('the documented steps take at most twelve clicks', { tag: '@js' }, async ({ page, tessera }) => {
  await createAdmin(tessera);
  await visit(page, '/');
  const clicks = new Clicks();

  await type(page, { 'E-mail': 'ada@example.com', Password: 'correct horse battery staple' });
  await clicks.on(button(page, 'Sign in'));

  await clicks.on(link(page, 'Create a client'));
  await type(page, { Name: 'Billing worker' });
  await clicks.on(button(page, 'Create client'));
  await expect(page).toHaveURL(/\/clients\/\w+/);

  await clicks.on(page.getByRole('link', { name: 'Create an API' }).first());
  await type(page, { Name: 'Orders', Identifier: 'https://orders.example/' });
  await clicks.on(page.getByRole('checkbox', { name: /test client/ }));
  await clicks.on(button(page, 'Create API'));

  await clicks.on(page.getByRole('link', { name: 'Define scopes' }));
  await type(page, { Scope: 'read:orders' });
  await clicks.on(button(page, 'Add scope'));

  await clicks.on(page.getByRole('link', { name: 'Authorize the client' }));
  await clicks.on(authorized(page, 'Billing worker'));
  await clicks.on(page.getByRole('row').filter({ hasText: 'Scopes granted to' }).getByRole('link', { name: 'Test' }));
  await clicks.on(button(page, 'Get a token'));
  await expect(page.getByText('Verified by an independent library: yes')).toBeVisible();

  expect(clicks.made).toBeLessThanOrEqual(most);
});

test('with a test client it takes half of them', { tag: '@js' }, async ({ page, tessera }) => {
  await createAdmin(tessera);
  await visit(page, '/');
  const clicks = new Clicks();

  await type(page, { 'E-mail': 'ada@example.com', Password: 'correct horse battery staple' });
  await clicks.on(button(page, 'Sign in'));
  await clicks.on(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'APIs' }));
  await clicks.on(link(page, 'Create API').first());
  await type(page, { Name: 'Orders', Identifier: 'https://orders.example/' });
  await clicks.on(button(page, 'Create API'));
  await clicks.on(page.getByRole('navigation', { name: 'Pages of Orders' }).getByRole('link', { name: 'Test' }));
  await clicks.on(button(page, 'Get a token'));
  await expect(page.getByText('Verified by an independent library: yes')).toBeVisible();

  expect(clicks.made).toBeLessThanOrEqual(most / 2);
});
