import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createRemoteJWKSet, jwtVerify, type JWTVerifyOptions } from 'jose';
import { button, enter, expectFieldError, openTab } from '../support/dashboard.ts';
import type { Tessera } from '../support/tessera.ts';
import { axe, expect, hasJs, hydrated, noLayoutShift, type Page, test, visit } from '../support/test.ts';

// The guard tester as an admin meets it: against an API that is right, and against one that makes two mistakes.

const IDENTIFIER = 'https://orders.example/';
const right: JWTVerifyOptions = { audience: IDENTIFIER, algorithms: ['RS256'], requiredClaims: ['exp'] };
/** Takes tokens of any API, however old they are. */
const broken: JWTVerifyOptions = { algorithms: ['RS256'], clockTolerance: '1 day' };

let api: Server | undefined;

test.afterEach(() => {
  api?.closeAllConnections();
  api?.close();
  api = undefined;
});

/** Starts an API that trusts Tessera, and answers its address. */
async function serve(tessera: Tessera, options: JWTVerifyOptions): Promise<string> {
  const keys = createRemoteJWKSet(new URL(`${tessera.origin}/.well-known/jwks.json`));
  api = createServer((request, response) => {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    jwtVerify(token, keys, { issuer: tessera.issuer, ...options }).then(
      ({ payload }) => {
        const mayRead = String(payload.scope).split(' ').includes('read:orders');
        response.writeHead(mayRead ? 200 : 403).end('[]');
      },
      () => response.writeHead(401, { 'www-authenticate': 'Bearer' }).end(),
    );
  }).listen(0, '127.0.0.1');
  await once(api, 'listening');
  const address = api.address();
  if (typeof address !== 'object' || address === null) throw new Error('the system gave no port');
  return `http://127.0.0.1:${address.port}/orders`;
}

async function fill(page: Page, url: string): Promise<void> {
  await page.getByLabel('Address of your API').fill(url);
  await page.getByLabel('Scopes that this path needs').fill('read:orders');
  await button(page, 'Test this API').click();
}

test('a right API passes, a broken one is told what it lets in and why', async ({ page, tessera }) => {
  await enter(page, tessera);
  const { id } = await tessera.createApi('Orders', IDENTIFIER, 'RS256', ['read:orders']);
  await visit(page, `/apis/${id}/quickstart`);
  await openTab(page, 'Guard');
  await hydrated(page);
  await fill(page, await serve(tessera, right));
  await expect(page.getByRole('heading', { name: 'Your API refuses everything it should.' })).toBeVisible();
  await expect(page.getByRole('article')).toHaveCount(0);
  const all = page.locator('summary', { hasText: '35 answers are right' });
  await all.click();
  await expect(page.getByRole('row').filter({ hasText: 'alg_none_signed' })).toContainText('401');
  await axe(page);
  api?.close();

  await fill(page, await serve(tessera, broken));
  await expect(page.getByRole('heading', { name: 'Your API lets in 5 requests that it must refuse.' })).toBeVisible();
  const findings = page.getByRole('article');
  await expect(findings).toHaveCount(5);
  const expired = findings.filter({ hasText: 'A token that has expired' });
  await expect(expired).toContainText('expired: 200 instead of 401');
  await expect(expired).toContainText('works for ever');
  // What was entered is still there.
  await expect(page.getByLabel('Scopes that this path needs')).toHaveValue('read:orders');
  await axe(page);
  for (const width of [1440, 1024, 390]) {
    await page.setViewportSize({ width, height: 900 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  }
  await expired.getByRole('link').click();
  await expect(page).toHaveURL(`/apis/${id}/quickstart`);
  await visit(page, '/logs?type=api_guard_test');
  await expect(page.getByRole('row').filter({ hasText: '5 let in wrongly' })).toHaveCount(1);
});

test('what can not be called is said in words, and what was entered stays', async ({ page, tessera, complaints }) => {
  complaints.expect(/status of 422/);
  await enter(page, tessera);
  const { id } = await tessera.createApi('Orders', IDENTIFIER, 'RS256', ['read:orders']);
  await visit(page, `/apis/${id}/guard`);
  for (const [url, words] of [
    ['http://169.254.169.254/latest', '169.254.169.254 is a link-local address'],
    ['http://127.0.0.1:1/orders', 'There is no connection with 127.0.0.1'],
    ['ftp://orders.example/', 'Enter an address that starts with https:// or http://.'],
  ] as const) {
    await fill(page, url);
    if (hasJs()) await expectFieldError(page.getByLabel('Address of your API'), words, url);
    else await expect(page.getByRole('alert').filter({ hasText: words })).toBeVisible();
    await expect(page.getByLabel('Address of your API')).toHaveValue(url);
  }
  await expect(page.getByRole('article')).toHaveCount(0);
});

test('nobody is made to call anything by a link', async ({ page, tessera }) => {
  await enter(page, tessera);
  const { id } = await tessera.createApi('Orders', IDENTIFIER, 'RS256', ['read:orders']);
  const url = await serve(tessera, right);
  let calls = 0;
  api?.on('request', () => {
    calls += 1;
  });
  await visit(page, `/apis/${id}/guard?url=${encodeURIComponent(url)}&scope=read:orders`);
  await expect(page.getByLabel('Address of your API')).toHaveValue(url);
  await noLayoutShift(page);
  expect(calls).toBe(0);
});
