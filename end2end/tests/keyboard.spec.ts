import { admin, authorized, button, createAdmin, enter, heading } from '../support/dashboard.ts';
import { test as populatedTest } from '../support/populated.ts';
import { expect, type Locator, type Page, test, visit } from '../support/test.ts';

/** Presses Tab until the element has the focus, and asserts that the focus can be seen on it. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  const focused = () => target.evaluate((element) => element === document.activeElement);
  await expect(target).toBeEnabled();
  for (let presses = 0; !(await focused()); presses += 1) {
    if (presses > 80) throw new Error(`Tab does not reach ${target}`);
    await page.keyboard.press('Tab');
  }
  await expect(target).toBeFocused();
  const seen = await target.evaluate((element) =>
    // A box to tick is framed together with its label.
    [element, element.closest('label') ?? element].some((framed) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(framed);
      return outlineStyle !== 'none' && outlineWidth !== '0px';
    }),
  );
  expect(seen, `the focus is seen on ${target}`).toBe(true);
}

async function press(page: Page, target: Locator, key: 'Enter' | 'Space' = 'Enter'): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press(key);
}

async function type(page: Page, label: string, text: string): Promise<void> {
  await tabTo(page, page.getByLabel(label, { exact: true }));
  await page.keyboard.type(text);
}

test.describe('keyboard', { tag: '@js' }, () => {
  test('the way to a token needs no pointer', async ({ page, tessera }) => {
    await createAdmin(tessera);
    await visit(page, '/');
    await type(page, 'E-mail', admin.email);
    await type(page, 'Password', admin.password);
    await page.keyboard.press('Enter');

    await press(page, page.getByRole('main').getByRole('link', { name: 'Create a client' }));
    await type(page, 'Name', 'Billing worker');
    await page.keyboard.press('Enter');
    await expect(heading(page, 'Billing worker')).toBeVisible();

    await press(page, page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'APIs' }));
    await press(page, page.getByRole('main').getByRole('link', { name: 'Create API' }).first());
    await type(page, 'Name', 'Orders');
    await type(page, 'Identifier', 'https://orders.example/');
    await press(page, page.getByRole('checkbox', { name: /test client/ }), 'Space');
    await press(page, button(page, 'Create API'));
    await expect(heading(page, 'Orders')).toBeVisible();

    const tab = (name: string) => page.getByRole('navigation', { name: 'Pages of Orders' }).getByRole('link', { name });
    await press(page, tab('Scopes'));
    for (const scope of ['read:orders', 'write:orders']) {
      await type(page, 'Scope', scope);
      await page.keyboard.press('Enter');
      await expect(page.getByRole('row').filter({ hasText: scope })).toBeVisible();
      // Where the next scope is typed.
      await expect(page.getByLabel('Scope', { exact: true })).toBeFocused();
    }

    await press(page, tab('Non Interactive Clients'));
    await press(page, authorized(page, 'Billing worker'), 'Space');
    await expect(authorized(page, 'Billing worker')).toBeChecked();
    await expect(authorized(page, 'Billing worker'), 'the focus stays on what was pressed').toBeFocused();
    await press(page, page.getByRole('checkbox', { name: 'write:orders' }), 'Space');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('link', { name: '1 of 2 scopes granted to Billing worker' })).toBeVisible();

    await press(page, tab('Test'));
    await press(page, button(page, 'Get a token'));
    await expect(page.getByText('Verified by an independent library: yes')).toBeVisible();
  });

  populatedTest('the skip link leads over the navigation', async ({ page }) => {
    await visit(page, '/clients');
    await page.keyboard.press('Tab');
    const skip = page.getByRole('link', { name: 'Skip to content' });
    await expect(skip).toBeFocused();
    await expect(skip).toBeInViewport();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await expect(page.getByRole('main').getByRole('link').first()).toBeFocused();
  });

  populatedTest('the palette finds an API and goes there', async ({ page, populated }) => {
    await visit(page, '/clients');
    await page.keyboard.press('Control+k');
    const search = page.getByRole('combobox', { name: 'Find clients, APIs and actions' });
    await expect(search).toBeFocused();
    await page.keyboard.type('stock');
    await expect(page.getByRole('option').first()).toContainText(populated.stock.identifier);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(`/apis/${populated.stock.id}/quickstart`);
    await expect(search).toBeHidden();
    await expect(heading(page, 'Stock')).toBeVisible();
  });

  populatedTest('the palette finds an action, and Esc closes it', async ({ page }) => {
    await visit(page, '/clients');
    const opener = page.getByRole('button', { name: /^Find anything/ });
    await opener.press('Enter');
    const search = page.getByRole('combobox', { name: 'Find clients, APIs and actions' });
    await page.keyboard.type('no such thing anywhere');
    await expect(page.getByText('Nothing has that in its name or identifier.')).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(search).toBeHidden();
    await expect(opener, 'the focus is back').toBeFocused();

    await page.keyboard.press('Control+k');
    await expect(search).toHaveValue('');
    await page.keyboard.type('rotate');
    await expect(page.getByRole('option')).toHaveCount(1);
    await page.keyboard.press('Enter');
    await expect(heading(page, 'Keys')).toBeVisible();
  });

  test('a panel with consequences opens and closes by key', async ({ page, tessera }) => {
    await enter(page, tessera);
    const { client_id: id } = await tessera.createClient('Billing worker');
    await visit(page, `/clients/${id}/settings`);
    const summary = page.locator('summary', { hasText: 'Delete client' });
    await press(page, summary);
    await type(page, 'Type Billing worker to confirm', 'Billing worker');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL('/clients');
  });
});
