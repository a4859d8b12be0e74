import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import * as oauth from 'oauth4webapi';
import { button, enter, expectFieldError, link, openConfirm } from '../support/dashboard.ts';
import type { Client, Tessera } from '../support/tessera.ts';
import { axe, expect, type Page, test, visit } from '../support/test.ts';

const insecure = { [oauth.allowInsecureRequests]: true };
const identifier = 'https://orders.example/';

/** A server as an independent library sees it, by its discovery document alone. */
async function discover(tessera: Tessera): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(tessera.issuer);
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...insecure, algorithm: 'oauth2' }));
}

async function tokenOf(as: oauth.AuthorizationServer, client: Client, audience = identifier): Promise<string> {
  const { client_id } = client;
  const answer = await oauth.clientCredentialsGrantRequest(as, { client_id }, oauth.ClientSecretBasic(client.client_secret), { audience }, insecure);
  return (await oauth.processClientCredentialsResponse(as, { client_id }, answer)).access_token;
}

/** Asks with the secret in the body, where asking for tokens uses the header. */
async function introspect(as: oauth.AuthorizationServer, client: Client, token: string): Promise<oauth.IntrospectionResponse> {
  const { client_id } = client;
  const answer = await oauth.introspectionRequest(as, { client_id }, oauth.ClientSecretPost(client.client_secret), token, insecure);
  return oauth.processIntrospectionResponse(as, { client_id }, answer);
}

async function revoke(as: oauth.AuthorizationServer, client: Client, token: string): Promise<void> {
  const { client_id } = client;
  const answer = await oauth.revocationRequest(as, { client_id }, oauth.ClientSecretBasic(client.client_secret), token, insecure);
  await oauth.processRevocationResponse(answer);
}

interface Shop {
  api: { id: string };
  worker: Client;
  gateway: Client;
}

async function openShop(page: Page, tessera: Tessera): Promise<Shop> {
  await enter(page, tessera);
  const api = await tessera.createApi('Orders', identifier, 'RS256', ['read:orders']);
  const worker = await tessera.createClient('Billing worker');
  const gateway = await tessera.createClient('Orders gateway');
  await tessera.createGrant(worker.client_id, identifier, 'all');
  await visit(page, `/apis/${api.id}/settings`);
  return { api, worker, gateway };
}

/** Adds a client to those that may introspect, on the Settings tab that is open. */
async function addIntrospector(page: Page, clientId: string): Promise<void> {
  await page.getByLabel('Client ID').fill(clientId);
  await button(page, 'Add client').click();
}

test('an API that introspects learns at once what was taken back', async ({ page, tessera }) => {
  const { worker, gateway } = await openShop(page, tessera);
  const as = await discover(tessera);
  expect(as.introspection_endpoint).toBe(`${tessera.issuer}oauth/introspect`);
  const token = await tokenOf(as, worker);
  expect(await introspect(as, gateway, token)).toEqual({ active: false });

  await addIntrospector(page, gateway.client_id);
  await expect(page.getByRole('listitem').filter({ hasText: 'Orders gateway' })).toBeVisible();
  await axe(page);
  expect(await introspect(as, gateway, token)).toMatchObject({
    active: true,
    iss: tessera.issuer,
    aud: identifier,
    client_id: worker.client_id,
    sub: `${worker.client_id}@clients`,
    scope: 'read:orders',
    token_type: 'Bearer',
  });
  await revoke(as, gateway, token);
  expect((await introspect(as, gateway, token)).active, 'only its own client revokes a token').toBe(true);
  await revoke(as, worker, token);
  expect(await introspect(as, gateway, token)).toEqual({ active: false });

  // A token says the same as another of its second; one with the scope named is another in any case.
  await visit(page, `/clients/${worker.client_id}/settings`);
  const stolen = await tokenOf(as, worker);
  const panel = await openConfirm(page, 'Revoke all tokens');
  await expect(panel).toContainText('APIs that verify tokens by themselves do not notice');
  await button(panel, 'Revoke all tokens').click();
  await expect(page.getByText('All tokens that the client had are revoked.')).toBeVisible();
  await axe(page);
  expect(await introspect(as, gateway, stolen)).toEqual({ active: false });
  expect((await introspect(as, gateway, await tokenOf(as, worker))).active, 'new tokens count').toBe(true);
  await expect(page.getByText('Last done just before')).toBeVisible();

  await visit(page, '/logs');
  const log = page.getByRole('table', { name: 'Log entries, newest first' });
  await expect(log.getByText('Token revoked')).toBeVisible();
  await expect(log.getByText('All tokens of Billing worker revoked')).toBeVisible();
});

test('who may introspect is told what is wrong, and removed again', async ({ page, tessera, complaints }) => {
  complaints.expect(/status of (422|409)/);
  const { worker, gateway } = await openShop(page, tessera);
  await addIntrospector(page, 'nobody');
  await expectFieldError(page.getByLabel('Client ID'), 'Enter the ID of a client; there is none with this one.', 'nobody');
  await addIntrospector(page, gateway.client_id);
  const row = page.getByRole('listitem').filter({ hasText: 'Orders gateway' });
  await expect(row).toBeVisible();
  await addIntrospector(page, gateway.client_id);
  await expectFieldError(page.getByLabel('Client ID'), 'Choose another client: this one may already.', gateway.client_id);
  await button(row, 'Remove Orders gateway').click();
  await expect(row).toHaveCount(0);

  // Why an API gets no answer stands in the log, with the way to put it right.
  const as = await discover(tessera);
  expect(await introspect(as, gateway, await tokenOf(as, worker))).toEqual({ active: false });
  await visit(page, '/logs?type=token_call_refused');
  await page.getByRole('table').getByRole('link', { name: 'Token call refused' }).first().click();
  await expect(page.getByText('Refused: Orders gateway, may not introspect').first()).toBeVisible();
  await button(page, 'Let it introspect').click();
  await expect(page.getByText('Orders gateway may introspect tokens of Orders.')).toBeVisible();
  expect(await introspect(as, gateway, await tokenOf(as, worker))).toMatchObject({ active: true });
  await link(page, 'Open the tab').click();
  await expect(page.getByRole('heading', { name: 'Introspection' })).toBeVisible();
});

/** The host of an API, which serves the document that Tessera made, as an owner of an API would. */
async function host(tessera: Tessera): Promise<{ server: Server; resource: URL }> {
  const server = createServer((request, response) => {
    void (async () => {
      const wanted = new URL(`${tessera.origin}/.well-known/oauth-protected-resource`);
      wanted.searchParams.set('resource', resource.href);
      const answer = request.url === '/.well-known/oauth-protected-resource' ? await fetch(wanted) : undefined;
      response.writeHead(answer?.status ?? 404, { 'content-type': 'application/json' }).end(await answer?.text());
    })();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const resource = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return { server, resource };
}

test('an API is described to strangers once its admin says so', async ({ page, tessera }) => {
  const { server, resource } = await host(tessera);
  const find = () => oauth.resourceDiscoveryRequest(resource, insecure);
  try {
    await enter(page, tessera);
    const api = await tessera.createApi('Stock', resource.href, 'RS256', ['read:stock']);
    await visit(page, `/apis/${api.id}/settings`);
    const publish = page.getByRole('checkbox', { name: 'Publish metadata' });
    await expect(publish).not.toBeChecked();
    await expect(publish).toHaveAccessibleDescription(new RegExp(`${resource.origin}/.well-known/oauth-protected-resource: serve`));
    expect((await find()).status).toBe(404);

    await publish.check();
    await button(page.getByRole('region', { name: 'Details' }), 'Save').click();
    await expect(page.getByText('The details are saved.')).toBeVisible();
    await expect(publish).toBeChecked();
    await axe(page);
    const described = await oauth.processResourceDiscoveryResponse(resource, await find());
    expect(described).toEqual({
      resource: resource.href,
      authorization_servers: [tessera.issuer],
      scopes_supported: ['read:stock'],
      bearer_methods_supported: ['header'],
      resource_name: 'Stock',
    });
    await visit(page, `/apis/${api.id}/settings`);
    await publish.uncheck();
    await button(page.getByRole('region', { name: 'Details' }), 'Save').click();
    await expect(page.getByText('The details are saved.')).toBeVisible();
    await expect(publish).not.toBeChecked();
    expect((await find()).status).toBe(404);
  } finally {
    server.close();
  }
});

test('an API whose identifier is no address can not be described', async ({ page, tessera, complaints }) => {
  complaints.expect(/status of 422/);
  await enter(page, tessera);
  const api = await tessera.createApi('Stock', 'urn:stock', 'HS256', []);
  await visit(page, `/apis/${api.id}/settings`);
  const publish = page.getByRole('checkbox', { name: 'Publish metadata' });
  await expect(publish).toHaveAccessibleDescription(/^Not for this API/);
  await publish.check();
  await button(page.getByRole('region', { name: 'Details' }), 'Save').click();
  await expect(page.getByText('Metadata has a place only where the identifier is an address')).toBeVisible();
  expect((await page.request.get('/.well-known/oauth-protected-resource?resource=urn%3Astock')).status()).toBe(404);
});
