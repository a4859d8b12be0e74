import { setTimeout as sleep } from 'node:timers/promises';
import { databases, startOn, type Stored } from '../support/databases.ts';
import type { Client } from '../support/tessera.ts';
import { expect, test } from '../support/test.ts';

const audience = 'https://orders.example/';

for (const database of databases) {
  test.describe(database, { tag: '@once' }, () => {
    let stored: Stored;
    test.beforeEach(async () => {
      stored = await startOn(database);
    });
    test.afterEach(async () => {
      await stored.dispose();
    });

    test('what was acknowledged is there after kill -9 of every process', async () => {
      const { tessera } = stored;
      await tessera.createApi('Orders', audience, 'RS256', ['read:orders']);

      // Writers, two of three killed at a moment which moves through their whole run; and the server, in the midst of it.
      const acknowledged: Client[] = [];
      const writers = Array.from({ length: 24 }, async (_, n) => {
        await sleep(n * 40);
        const client = await tessera.createClientThenKill(`writer ${n}`, n % 3 === 0 ? 20_000 : 10 + n * 12);
        if (client) acknowledged.push(client);
      });
      await sleep(500);
      await tessera.restart('SIGKILL');
      await Promise.all(writers);
      expect(acknowledged.length).toBeGreaterThanOrEqual(8);
      await tessera.restart('SIGKILL');

      // 403: the client and its secret are known, and no grant joins them to the API. An unknown client would get 401.
      for (const client of acknowledged) expect((await tessera.requestToken(client, audience)).status, client.client_id).toBe(403);
    });

    test('no secret and no private key is stored or logged in the clear', async () => {
      const { tessera } = stored;
      const api = await tessera.createApi('Orders', audience, 'RS256');
      const hmac = await tessera.createApi('Stock', 'https://stock.example/', 'HS256');
      const client = await tessera.createClient('Billing worker');
      await tessera.createGrant(client.client_id, api.identifier, []);
      await expect.poll(async () => (await tessera.requestToken(client, api.identifier)).status).toBe(200);
      const { access_token: token } = (await (await tessera.requestToken(client, api.identifier)).json()) as { access_token: string };
      await tessera.requestToken({ ...client, client_secret: 'a-wrong-secret-that-must-not-be-logged' }, api.identifier);
      await tessera.stop();

      const kept = Buffer.concat([await stored.content(), Buffer.from(tessera.output)]);
      // That the search finds what is there in the clear.
      expect(kept.includes(client.client_id)).toBe(true);

      expect(hmac.signing_secret).toBeTruthy();
      for (const secret of [client.client_secret, hmac.signing_secret ?? '', token, 'a-wrong-secret-that-must-not-be-logged']) {
        for (const form of forms(Buffer.from(secret))) expect(kept.includes(form)).toBe(false);
      }
      for (const form of [Buffer.from('PRIVATE KEY'), ...forms(privateKeyMark)]) expect(kept.includes(form)).toBe(false);
    });
  });
}

/** What each RSA private key in PKCS#8 (RFC 5208) holds, and no public key: the algorithm, and then an octet string. */
const privateKeyMark = Buffer.from('020100300d06092a864886f70d01010105000482', 'hex');

/** Bytes as they are, in hexadecimal and in base64 at each of its three alignments. */
function forms(bytes: Buffer): Buffer[] {
  const base64 = [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    // Without the characters at both ends that depend on the neighbours.
    return whole.slice(shift === 0 ? 0 : 4, whole.length - 4);
  });
  const hex = bytes.toString('hex');
  return [bytes, ...[hex, hex.toUpperCase(), ...base64, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))].map((text) => Buffer.from(text))];
}
