import type { Tessera } from './tessera.ts';
import { expect, hasJs, type Locator, type Page, visit } from './test.ts';

/** The admin of the tests. */
export const admin = { email: 'ada@example.com', password: 'correct horse battery staple' };

/** Creates the admin by the command line. */
export async function createAdmin(tessera: Tessera): Promise<void> {
  await tessera.cli(['admin', 'create', '--email', admin.email, '--password-stdin'], admin.password);
}

/** Opens the printed address and creates the first admin there; ends on the overview. */
export async function setUp(page: Page, tessera: Tessera): Promise<void> {
  await visit(page, tessera.setupUrl);
  await page.getByLabel('E-mail').fill(admin.email);
  await page.getByLabel('Password').fill(admin.password);
  await button(page, 'Create admin').click();
  await expect(page).toHaveURL('/');
}

/** Fills in the sign-in page that is open and submits it. */
export async function signIn(page: Page, password = admin.password): Promise<void> {
  await page.getByLabel('E-mail').fill(admin.email);
  await page.getByLabel('Password').fill(password);
  await button(page, 'Sign in').click();
}

/** Creates the admin and signs the browser in without a page: for tests that are not about that. */
export async function enter(page: Page, tessera: Tessera): Promise<void> {
  await createAdmin(tessera);
  await page.context().addCookies([await session(tessera)]);
}

/** A session of the admin, as the cookie that a browser would get. */
export async function session(tessera: Tessera): Promise<{ name: string; value: string; url: string }> {
  const answer = await fetch(`${tessera.origin}/_fn/sign_in`, {
    method: 'POST',
    headers: { origin: tessera.origin },
    body: new URLSearchParams({ ...admin, next: '/' }),
  });
  const [name, value] = (answer.headers.getSetCookie()[0] ?? '').split(/[=;]/);
  if (!answer.ok || !name || !value) throw new Error(`Signing in was answered with ${answer.status}: ${await answer.text()}`);
  return { name, value, url: tessera.origin };
}

/** A button by all that it says. */
export function button(inside: Page | Locator, name: string): Locator {
  return inside.getByRole('button', { name, exact: true });
}

/** A link in the content of the page, by all that it says; the navigation has links of the same names. */
export function link(page: Page, name: string): Locator {
  return page.getByRole('main').getByRole('link', { name, exact: true });
}

/** A link of the navigation at the left. */
export function goTo(page: Page, name: 'Clients' | 'APIs' | 'Keys' | 'Logs'): Promise<void> {
  return page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click();
}

/** A tab of the client or API that is open. */
export async function openTab(page: Page, name: string): Promise<void> {
  const tab = page.getByRole('navigation', { name: /^Pages of / }).getByRole('link', { name });
  await tab.click();
  await expect(tab).toHaveAttribute('aria-current', 'page');
}

/** Creates a client from the list of clients and answers its id; ends on its first tab. */
export async function createClient(page: Page, name: string): Promise<string> {
  await goTo(page, 'Clients');
  await link(page, 'Create client').first().click();
  await page.getByLabel('Name').fill(name);
  await expect(page.getByRole('radio', { name: 'Non Interactive' })).toBeChecked();
  await button(page, 'Create client').click();
  await expect(heading(page, name)).toBeVisible();
  return idIn(page);
}

/** Creates an API without a test client from the list of APIs and answers its id; ends on its Quickstart. */
export async function createApi(page: Page, api: { name: string; identifier: string; algorithm: string }): Promise<string> {
  await goTo(page, 'APIs');
  await link(page, 'Create API').first().click();
  await page.getByLabel('Name').fill(api.name);
  await page.getByLabel('Identifier').fill(api.identifier);
  await page.getByRole('radio', { name: api.algorithm }).check();
  await page.getByRole('checkbox', { name: /test client/ }).uncheck();
  await button(page, 'Create API').click();
  await expect(heading(page, api.name)).toBeVisible();
  return idIn(page);
}

/** Adds a scope on the Scopes tab that is open. */
export async function addScope(page: Page, value: string, description: string): Promise<void> {
  await page.getByLabel('Scope', { exact: true }).fill(value);
  await page.getByLabel(/^Description/).fill(description);
  await button(page, 'Add scope').click();
  await expect(page.getByRole('row').filter({ hasText: value })).toContainText(description);
}

/** The switch that authorizes a client on the Non Interactive Clients tab. */
export function authorized(page: Page, client: string): Locator {
  return page.getByRole('switch', { name: `${client} is authorized` });
}

/** Opens the panel of something that takes away, by what its button says, and answers the panel. */
export async function openConfirm(page: Page, label: string): Promise<Locator> {
  const confirm = page.locator('details').filter({ has: page.locator('summary', { hasText: new RegExp(`^${label}$`) }) });
  await confirm.locator('summary').click();
  await expect(confirm).toHaveAttribute('open');
  return confirm;
}

/** Shows the secret of the Settings tab that is open and reads it. Without script, it stands on the page that follows. */
export async function showSecret(page: Page): Promise<string> {
  await button(page, 'Show').click();
  const shown = shownSecret(page);
  await expect(shown).toBeVisible();
  return shown.innerText();
}

/** A secret that can be read: it is longer than every identifier. */
export function shownSecret(page: Page): Locator {
  return page.getByRole('main').locator('code').filter({ hasText: /^[\w-]{40,}$/ });
}

/** The value that stands behind a name, whole even where it is cut. */
export async function fact(page: Page, name: string): Promise<string> {
  const value = page
    .locator('dt')
    .filter({ hasText: new RegExp(`^${name}`) })
    .locator('xpath=following-sibling::dd[1]')
    .locator('.mono')
    .first();
  return (await value.getAttribute('title')) ?? value.innerText();
}

/** The page's heading. */
export function heading(page: Page, name: string): Locator {
  return page.getByRole('heading', { level: 1, name, exact: true });
}

/** Asserts that an error stands at a field: tied to it, the field marked and focused, and what was typed still there. */
export async function expectFieldError(field: Locator, message: string, typed: string): Promise<void> {
  await expect(field).toHaveAccessibleDescription(new RegExp(`^${message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`));
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(field).toBeFocused();
  // Without script the form comes back new: what was typed does not travel through an address.
  if (hasJs()) await expect(field).toHaveValue(typed);
}

/** The id in the address of a client's or an API's page. */
export function idIn(page: Page): string {
  const id = /\/(?:clients|apis)\/([^/?]+)/.exec(page.url())?.[1];
  if (!id || id === 'new') throw new Error(`${page.url()} is not the page of a client or an API`);
  return id;
}
