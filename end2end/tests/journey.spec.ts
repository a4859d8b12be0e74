import { addScope, authorized, button, createApi, createClient, fact, goTo, heading, openConfirm, openTab, setUp, showSecret } from '../support/dashboard.ts';
import type { Client } from '../support/tessera.ts';
import { expect, type Page, test, visit } from '../support/test.ts';
import { verifyWithJose, verifyWithPyJwt } from '../support/verify.ts';

const name = 'Orders';
const identifier = 'https://orders.example/';
const client = 'Billing worker';

// The documented way from an empty database to a verified token, then back to nothing, with what the pages show and nothing else.
for (const algorithm of ['RS256', 'ES256', 'HS256'] as const) {
  test(`from the printed address to a verified ${algorithm} token`, async ({ page, tessera }) => {
    test.slow(); // Some eighty actions.
    await setUp(page, tessera);
    await expect(heading(page, 'Getting started')).toBeVisible();
    await expectSteps(page, 0);

    const clientId = await createClient(page, client);
    await expectSteps(page, 1);

    await test.step('create an API', async () => {
      await goTo(page, 'APIs');
      const system = page.getByRole('row').filter({ hasText: 'Tessera Management API' });
      await expect(system).toContainText('System');
      await createApi(page, { name, identifier, algorithm });
    });
    const api = page.url().replace(/\/quickstart$/, '');
    await expectSteps(page, 2);

    await test.step('define scopes', async () => {
      await visit(page, api);
      await openTab(page, 'Scopes');
      await addScope(page, 'read:orders', 'Read orders');
      await addScope(page, 'write:orders', 'Change orders');
    });
    await expectSteps(page, 3);

    await test.step('authorize the client for one of them', async () => {
      await visit(page, api);
      await openTab(page, 'Non Interactive Clients');
      await authorized(page, client).click();
      await expect(authorized(page, client)).toBeChecked();
      await page.getByRole('checkbox', { name: 'write:orders' }).uncheck();
      await button(page, 'Update').click();
      await expect(page.getByRole('link', { name: `1 of 2 scopes granted to ${client}` })).toBeVisible();
    });
    await expectSteps(page, 4);

    const { check, credentials, tokenUrl } = await test.step('read what an API and a client need', async () => {
      await visit(page, '/');
      const issuer = await fact(page, 'Issuer');
      const tokenUrl = await fact(page, 'Token endpoint');
      await goTo(page, 'Keys');
      const jwksUrl = await fact(page, 'JWKS');

      await visit(page, api);
      const program = page.getByRole('article');
      for (const own of [identifier, issuer, 'read:orders']) await expect(program).toContainText(own);
      await openTab(page, 'Settings');
      const audience = await fact(page, 'Identifier');
      const key = algorithm !== 'HS256' ? { jwksUrl } : { signingSecret: await showSecret(page) };

      await visit(page, `/clients/${clientId}`);
      const client_id = await fact(page, 'Client ID');
      const client_secret = await showSecret(page);
      return { check: { issuer, audience, algorithm, ...key }, credentials: { client_id, client_secret }, tokenUrl };
    });
    expect(check.audience).toBe(identifier);

    await test.step('ask for a token and verify it', async () => {
      const answer = await ask(tokenUrl, credentials);
      expect(answer.status).toBe(200);
      const { access_token: token } = (await answer.json()) as { access_token: string };
      for (const claims of [await verifyWithJose({ ...check, token }), await verifyWithPyJwt({ ...check, token })]) {
        expect(claims).toMatchObject({ sub: `${clientId}@clients`, scope: 'read:orders' });
      }
    });

    await test.step('see the same on the Test tab', async () => {
      await visit(page, api);
      await openTab(page, 'Test');
      await button(page, 'Get a token').click();
      await expect(page.getByText('Verified by an independent library: yes')).toBeVisible();
      const claims = page.getByRole('table', { name: 'Claims' });
      for (const [claim, value] of Object.entries({ iss: check.issuer, aud: identifier, sub: `${clientId}@clients`, scope: 'read:orders' })) {
        const row = claims.getByRole('row').filter({ has: page.getByRole('rowheader', { name: claim, exact: true }) });
        await expect(row).toContainText(JSON.stringify(value));
        await expect(row.getByRole('cell').last(), `what ${claim} means`).not.toBeEmpty();
      }
      await visit(page, '/');
      await expect(heading(page, 'Overview')).toBeVisible();
      await expect(page.getByRole('link', { name: '2 Tokens issued' })).toBeVisible();
    });

    await test.step('delete both', async () => {
      await visit(page, `${api}/settings`);
      await deleteByName(page, 'Delete API', name);
      await expect(page).toHaveURL('/apis');
      await expect(page.getByRole('main')).not.toContainText(identifier);
      await visit(page, `/clients/${clientId}/settings`);
      await deleteByName(page, 'Delete client', client);
      await expect(page).toHaveURL('/clients');
      await expect(page.getByRole('heading', { name: 'No clients yet' })).toBeVisible();
      expect((await ask(tokenUrl, credentials)).status).toBe(401);
    });
  });
}

/** Opens the overview, whose checklist has this many of its five steps ticked. */
async function expectSteps(page: Page, done: number): Promise<void> {
  await visit(page, '/');
  await expect(page.getByRole('main').getByRole('heading', { level: 2, name: /, done$/ })).toHaveCount(done);
  await expect(page.getByRole('heading', { name: `Getting started ${done} of 5` })).toBeVisible();
}

/** Deletes what the Settings tab is about, by its name. */
async function deleteByName(page: Page, label: string, name: string): Promise<void> {
  const panel = await openConfirm(page, label);
  await panel.getByLabel(`Type ${name} to confirm`).fill(name);
  await button(panel, label).click();
}

/** Asks for a token as the client would, with a form. */
function ask(tokenUrl: string, credentials: Client): Promise<Response> {
  const form = { grant_type: 'client_credentials', ...credentials, audience: identifier };
  return fetch(tokenUrl, { method: 'POST', body: new URLSearchParams(form) });
}
