import { ALGORITHMS } from '../support/tessera.ts';
import { expect, test } from '../support/test.ts';
import { verifyWithJose, verifyWithPyJwt } from '../support/verify.ts';

// From the command line to a token that two independent libraries accept, without a page in between.
for (const algorithm of ALGORITHMS) {
  test(`a token of an ${algorithm} API is accepted by jose and by PyJWT`, { tag: '@once' }, async ({ tessera }) => {
    const api = await tessera.createApi('Orders', 'https://orders.example/', algorithm, ['read:orders', 'write:orders']);
    const client = await tessera.createClient('Billing worker');
    await tessera.createGrant(client.client_id, api.identifier, ['read:orders']);

    // Another process made these: the server honours them within a second.
    await expect.poll(async () => (await tessera.requestToken(client, api.identifier)).status).toBe(200);
    const answer = await tessera.requestToken(client, api.identifier);
    const { access_token: token } = (await answer.json()) as { access_token: string };

    const check = {
      token,
      issuer: tessera.issuer,
      audience: api.identifier,
      algorithm,
      jwksUrl: `${tessera.origin}/.well-known/jwks.json`,
      signingSecret: api.signing_secret,
    };
    for (const claims of [await verifyWithJose(check), await verifyWithPyJwt(check)]) {
      expect(claims).toMatchObject({ iss: tessera.issuer, aud: api.identifier, azp: client.client_id, scope: 'read:orders' });
    }

    const elsewhere = { ...check, audience: 'https://elsewhere.example/' };
    await expect(verifyWithJose(elsewhere)).rejects.toThrow();
    await expect(verifyWithPyJwt(elsewhere)).rejects.toThrow('InvalidAudienceError');
  });
}

test('the first start prints the address of the set-up page, and that page opens', async ({ tessera, page }) => {
  const answer = await page.goto(tessera.setupUrl);
  expect(answer?.status()).toBe(200);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});
