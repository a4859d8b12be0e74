import * as oauth from 'oauth4webapi';
import { button, enter, link, openTab } from '../support/dashboard.ts';
import type { Client, Tessera } from '../support/tessera.ts';
import { axe, expect, test, visit } from '../support/test.ts';

const insecure = { [oauth.allowInsecureRequests]: true };
const identifier = 'https://orders.example/';

/** A request with a proof by a new key, by a library that knows this server by its discovery document alone. */
async function askWithProof(tessera: Tessera, { client_id, client_secret }: Client): Promise<oauth.TokenEndpointResponse> {
  const issuer = new URL(tessera.issuer);
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...insecure, algorithm: 'oauth2' }));
  const DPoP = oauth.DPoP({}, await oauth.generateKeyPair('ES256'));
  const way = oauth.ClientSecretPost(client_secret);
  const answer = await oauth.clientCredentialsGrantRequest(as, { client_id }, way, { audience: identifier }, { ...insecure, DPoP });
  return oauth.processClientCredentialsResponse(as, { client_id }, answer);
}

test('an API that requires DPoP says so wherever somebody would miss it', async ({ page, tessera }) => {
  await enter(page, tessera);
  const api = await tessera.createApi('Orders', identifier, 'RS256', ['read:orders']);
  const client = await tessera.createClient('Billing worker');
  await tessera.createGrant(client.client_id, identifier, 'all');
  await expect.poll(async () => (await tessera.requestToken(client, identifier)).status).toBe(200);

  await visit(page, `/apis/${api.id}/settings`);
  const details = page.getByRole('region', { name: 'Details' });
  await details.getByRole('checkbox', { name: 'Require DPoP' }).check();
  await button(details, 'Save').click();
  await expect(page.getByText('The details are saved.')).toBeVisible();
  await expect(details.getByRole('checkbox', { name: 'Require DPoP' })).toBeChecked();
  await axe(page);

  const refused = await tessera.requestToken(client, identifier);
  expect([refused.status, ((await refused.json()) as { error: string }).error]).toEqual([400, 'invalid_dpop_proof']);
  expect(await askWithProof(tessera, client)).toMatchObject({ token_type: 'dpop' });

  await openTab(page, 'Quickstart');
  await expect(page.getByText('This API requires DPoP (RFC 9449)')).toBeVisible();
  await openTab(page, 'Test');
  await expect(page.getByText('the request also needs a header DPoP')).toBeVisible();
  await button(page, 'Get a token').click();
  await expect(page.getByText('This token is for looking at only.')).toBeVisible();
  await expect(page.getByRole('row', { name: /cnf/ })).toContainText('Which key it is bound to');
  await axe(page);

  await visit(page, '/logs');
  await page.getByRole('link', { name: /No DPoP proof|Token refused/ }).first().click();
  await link(page, 'See what the API requires').click();
  await expect(page).toHaveURL(`/apis/${api.id}/settings`);
});

test('a client must use DPoP once its Authentication tab says so', async ({ page, tessera }) => {
  await enter(page, tessera);
  await tessera.createApi('Orders', identifier, 'RS256');
  const client = await tessera.createClient('Billing worker');
  await tessera.createGrant(client.client_id, identifier, 'all');
  await visit(page, `/clients/${client.client_id}/authentication`);
  await page.getByRole('checkbox', { name: 'Require DPoP' }).check();
  await button(page, 'Save').click();
  await expect(page.getByText('lacks a DPoP proof that is required')).toBeVisible();
  expect((await tessera.requestToken(client, identifier)).status).toBe(400);
  expect(await askWithProof(tessera, client)).toMatchObject({ token_type: 'dpop' });
  await openTab(page, 'Quickstart');
  await expect(page.getByText('Tokens here must be bound to a key')).toBeVisible();
  await openTab(page, 'Authentication');
  await page.getByRole('checkbox', { name: 'Require DPoP' }).uncheck();
  await button(page, 'Save').click();
  await expect(page.getByRole('checkbox', { name: 'Require DPoP' })).not.toBeChecked();
  await expect.poll(async () => (await tessera.requestToken(client, identifier)).status).toBe(200);
});
