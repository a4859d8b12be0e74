import { authorized, button, enter, expectFieldError, goTo, link, openConfirm, openTab, shownSecret, showSecret } from '../support/dashboard.ts';
import type { Algorithm, Api, Client, Tessera } from '../support/tessera.ts';
import { axe, expect, hasJs, type Page, test, visit } from '../support/test.ts';
import { type Check, verifyWithJose, verifyWithPyJwt } from '../support/verify.ts';

const identifier = 'https://orders.example/';

/** What a change on a page does to tokens: the API, a client that is authorized for all of its scopes, and their first token. */
interface Running {
  api: Api;
  client: Client;
  first: Check;
}

async function running(page: Page, tessera: Tessera, algorithm: Algorithm = 'RS256'): Promise<Running> {
  await enter(page, tessera);
  const api = await tessera.createApi('Orders', identifier, algorithm, ['read:orders', 'write:orders']);
  const client = await tessera.createClient('Billing worker');
  await tessera.createGrant(client.client_id, identifier, 'all');
  await expect.poll(async () => (await tessera.requestToken(client, identifier)).status).toBe(200);
  return { api, client, first: await token(tessera, api, client) };
}

/** A token with all that is needed to verify it. */
async function token(tessera: Tessera, api: Api, client: Client): Promise<Check> {
  const answer = await tessera.requestToken(client, identifier);
  expect(answer.status).toBe(200);
  const { access_token } = (await answer.json()) as { access_token: string };
  return {
    token: access_token,
    issuer: tessera.issuer,
    audience: identifier,
    algorithm: api.signing_alg,
    jwksUrl: `${tessera.origin}/.well-known/jwks.json`,
    signingSecret: api.signing_secret,
  };
}

/** Asserts that both libraries accept the token; answers its claims. */
async function accepted(check: Check): Promise<Record<string, unknown>> {
  await verifyWithPyJwt(check);
  return verifyWithJose(check);
}

/** Asserts that both libraries refuse the token. */
async function refused(check: Check): Promise<void> {
  await expect(verifyWithJose(check)).rejects.toThrow();
  await expect(verifyWithPyJwt(check)).rejects.toThrow();
}

function kid({ token }: Check): string {
  const [header = ''] = token.split('.');
  return (JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }).kid;
}

test('removing a scope names who loses it, and takes it out of new tokens', async ({ page, tessera }) => {
  const { api, client, first } = await running(page, tessera);
  expect(await accepted(first)).toMatchObject({ scope: 'read:orders write:orders' });

  await visit(page, `/apis/${api.id}/scopes`);
  await link(page, 'Remove write:orders').click();
  const panel = page.getByRole('group', { name: 'Remove write:orders?' });
  await expect(panel).toContainText('The grant of Billing worker loses it');
  await button(panel, 'Remove scope').click();
  await expect(panel).toBeHidden();
  await expect(page.getByRole('row').filter({ hasText: 'write:orders' })).toHaveCount(0);

  expect(await accepted(await token(tessera, api, client))).toMatchObject({ scope: 'read:orders' });
  expect((await tessera.requestToken(client, identifier, { scope: 'write:orders' })).status).toBe(403);
});

test("rotating a client's secret refuses the old one", async ({ page, tessera }) => {
  const { api, client } = await running(page, tessera);
  await visit(page, `/clients/${client.client_id}/settings`);
  const panel = await openConfirm(page, 'Rotate secret');
  await button(panel, 'Rotate secret').click();
  await expect(page.getByText('The client has a new secret and the old one is refused.')).toBeVisible();

  expect((await tessera.requestToken(client, identifier)).status).toBe(401);
  const rotated = { ...client, client_secret: await showSecret(page) };
  expect(rotated.client_secret).not.toBe(client.client_secret);
  await accepted(await token(tessera, api, rotated));
});

test('withdrawing a grant refuses the client until Undo brings it back as it was', async ({ page, tessera }) => {
  const { api, client } = await running(page, tessera);
  await visit(page, `/apis/${api.id}/clients?open=${client.client_id}`);
  await page.getByRole('checkbox', { name: 'write:orders' }).uncheck();
  await button(page, 'Update').click();
  await expect(page.getByRole('link', { name: '1 of 2 scopes granted to Billing worker' })).toBeVisible();

  await authorized(page, 'Billing worker').click();
  await expect(authorized(page, 'Billing worker')).not.toBeChecked();
  expect((await tessera.requestToken(client, identifier)).status).toBe(403);

  await button(page, 'Undo').click();
  await expect(authorized(page, 'Billing worker')).toBeChecked();
  await expect(button(page, 'Undo')).toHaveCount(0);
  expect(await accepted(await token(tessera, api, client))).toMatchObject({ scope: 'read:orders' });
});

test('a grant is withdrawn and made from the page of the client too', async ({ page, tessera }) => {
  const { api, client } = await running(page, tessera);
  await visit(page, `/clients/${client.client_id}/apis`);
  const toggle = page.getByRole('switch', { name: 'Authorized for Orders' });
  await toggle.click();
  await expect(toggle).not.toBeChecked();
  expect((await tessera.requestToken(client, identifier)).status).toBe(403);
  await toggle.click();
  await expect(toggle).toBeChecked();
  expect(await accepted(await token(tessera, api, client))).toMatchObject({ scope: 'read:orders write:orders' });
});

test('after a rotation of the keys old tokens verify, until their key is revoked', async ({ page, tessera }) => {
  const { api, client, first } = await running(page, tessera);
  await visit(page, '/');
  await goTo(page, 'Keys');
  await expect(page.getByRole('row').filter({ hasText: 'Current' })).toContainText(kid(first).slice(0, 6));
  const rotate = await openConfirm(page, 'Rotate keys');
  await button(rotate, 'Rotate keys').click();
  await expect(page.getByText('The next key signs now.')).toBeVisible();

  const second = await token(tessera, api, client);
  expect(kid(second)).not.toBe(kid(first));
  await expect(page.getByRole('row').filter({ hasText: 'Current' })).toContainText(kid(second).slice(0, 6));
  await accepted(first);
  await accepted(second);

  const revoke = await openConfirm(page, 'Revoke');
  await revoke.getByLabel(/^Type .* to confirm$/).fill(kid(first).slice(0, 6));
  await button(revoke, 'Revoke key').click();
  await expect(page.getByText('The key is revoked.')).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: 'Revoked' })).toContainText(kid(first).slice(0, 6));
  await refused(first);
  await accepted(second);
});

test('keys rotate by schedule once one is set', async ({ page, tessera, complaints }) => {
  complaints.expect(/status of 422/);
  await enter(page, tessera);
  await visit(page, '/keys');
  await page.getByLabel('Rotate keys by schedule').check();
  const announce = page.getByLabel('It is published before it signs');
  await announce.fill('9');
  await page.getByLabel('A key signs for').fill('30');
  await button(page, 'Save').click();
  await expectFieldError(announce, 'Announce a key for 10 minutes to 90 days', '9');
  // Without script the form is drawn anew.
  await page.getByLabel('Rotate keys by schedule').check();
  await page.getByLabel('A key signs for').fill('30');
  await announce.fill('60');
  await button(page, 'Save').click();
  await expect(page.getByText('The schedule is saved.')).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: 'Next' })).toContainText('signs in 2');
  await expect(page.getByLabel('Rotate keys by schedule')).toBeChecked();
});

test('tokens take another dialect, claims of the API and a shorter life for one client', async ({ page, tessera }) => {
  const { api, client } = await running(page, tessera, 'ES256');
  await visit(page, `/apis/${api.id}/settings`);
  await page.getByRole('radio', { name: 'RFC 9068' }).check();
  await page.getByLabel('Custom claims').fill('https://orders.example/plan = gold');
  if (hasJs()) {
    await expect(page.getByRole('group', { name: 'Header' })).toContainText('at+jwt');
    await expect(page.getByRole('group', { name: 'Claims' })).toContainText('"https://orders.example/plan": "gold"');
  }
  await button(page.getByRole('region', { name: 'What tokens say' }), 'Save').click();
  await expect(page.getByText('The form of the tokens is saved.')).toBeVisible();
  await expect(page.getByRole('group', { name: 'Claims' })).toContainText('gold');

  await visit(page, `/clients/${client.client_id}/settings`);
  await page.getByLabel('Longest token lifetime in seconds').fill('600');
  await button(page.getByRole('region', { name: 'Its tokens' }), 'Save').click();
  await expect(page.getByText('Saved. It holds for new tokens of this client.')).toBeVisible();

  const claims = await accepted(await token(tessera, api, client));
  expect(claims).toMatchObject({ client_id: client.client_id, 'https://orders.example/plan': 'gold' });
  expect(Number(claims.exp) - Number(claims.iat)).toBe(600);
});

test('after a rotation of the signing secret at once only the new one verifies new tokens', async ({ page, tessera }) => {
  const { api, client, first } = await running(page, tessera, 'HS256');
  await visit(page, `/apis/${api.id}`);
  await openTab(page, 'Settings');
  const panel = await openConfirm(page, 'Rotate at once');
  await button(panel, 'Rotate at once').click();
  await expect(page.getByText('The API has a new signing secret.')).toBeVisible();

  const signingSecret = await showSecret(page);
  const second = await token(tessera, api, client);
  await accepted({ ...second, signingSecret });
  await refused(second);
  await accepted(first);
  await refused({ ...first, signingSecret });
});

test('a signing secret is rotated without an outage: tokens name theirs', async ({ page, tessera }) => {
  const { api, client, first } = await running(page, tessera, 'HS256');
  const secretCard = (name: string) => page.locator('article').filter({ has: page.getByRole('heading', { name }) });
  expect(kid(first)).toBe(api.signing_secret_kid);
  await visit(page, `/apis/${api.id}/settings`);
  await expect(secretCard('Current secret')).toContainText(kid(first));

  await button(page, 'Start rotation').click();
  await expect(page.getByText('The rotation has begun.')).toBeVisible();
  await expect(secretCard('Next secret')).toContainText('Signs nothing until the rotation is completed.');
  await button(secretCard('Next secret'), 'Show').click();
  await expect(shownSecret(page)).toBeVisible();
  const signingSecret = await shownSecret(page).innerText();
  const still = await token(tessera, api, client);
  expect(kid(still)).toBe(kid(first));
  await accepted(still);

  await visit(page, `/apis/${api.id}/quickstart?stack=python-flask`);
  await expect(page.getByRole('heading', { name: 'Add the other secret' })).toBeVisible();

  await visit(page, `/apis/${api.id}/settings`);
  await button(await openConfirm(page, 'Complete rotation'), 'Complete rotation').click();
  await expect(page.getByText('The rotation is complete')).toBeVisible();
  await expect(secretCard('Previous secret')).toContainText(kid(first));
  let second = await token(tessera, api, client);
  await expect.poll(async () => kid((second = await token(tessera, api, client)))).not.toBe(kid(first));
  await expect(secretCard('Current secret')).toContainText(kid(second));
  await accepted({ ...second, signingSecret });
  await accepted(first);

  await button(page, 'Start rotation').click();
  await expect(secretCard('Next secret')).toBeVisible();
  await axe(page);
  await button(await openConfirm(page, 'Cancel rotation'), 'Cancel rotation').click();
  await expect(page.getByText('The rotation is cancelled')).toBeVisible();
  await expect(secretCard('Next secret')).toHaveCount(0);
  await button(await openConfirm(page, 'Remove'), 'Remove secret').click();
  await expect(page.getByText('The previous secret is removed')).toBeVisible();
  await expect(secretCard('Previous secret')).toHaveCount(0);
});
