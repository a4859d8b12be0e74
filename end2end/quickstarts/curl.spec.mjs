// The shell script that asks for a token and calls an API with it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { HOSTILE } from './issuer.mjs';
import { run } from './processes.mjs';
import { render, start } from './programs.mjs';
import { startTessera } from './tessera.mjs';

for (const alg of ['RS256', 'EdDSA', 'HS256']) {
  describe(`curl ${alg}`, () => {
    const audience = `https://orders.example/${HOSTILE}`;
    const scope = 'read:orders';
    let tessera, program, client, folder;
    before(async () => {
      tessera = await startTessera();
      const api = await tessera.createApi('Orders', audience, alg, [scope, 'write:orders']);
      client = await tessera.createClient('Reader');
      await tessera.createGrant(client, audience, ['write:orders']);
      const values = { issuer: tessera.issuer, audience, scope };
      program = await start('python-flask', alg, 'curl', values, tessera.secretsOf(api));
      folder = await render('curl', alg, 'curl', { ...values, 'client-id': client.client_id });
    });
    after(async () => {
      await program?.stop();
      await tessera?.stop();
    });

    const script = (path, secret) => {
      const env = { PATH: process.env.PATH, API_URL: `${program.url}/api/${path}`, ...(secret !== undefined && { CLIENT_SECRET: secret }) };
      return run('sh', ['request.sh'], { cwd: folder, env });
    };

    test('it gets a token, and the API lets it in', async () => {
      const { code, stdout, stderr } = await script('private', client.client_secret);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /"access_token" ?: ?"ey[\w-]+\.[\w-]+\.[\w-]+"/);
      assert.match(stdout, /Your token is valid\./);
      assert.ok(stdout.includes(client.client_id), 'the API saw whose token it is');
    });
    test('it shows the refusal of an API whose scope the token lacks', async () => {
      const { code, stdout, stderr } = await script('private-scoped', client.client_secret);
      assert.notEqual(code, 0);
      assert.match(stdout + stderr, /insufficient_scope/);
    });
    test('it shows why a wrong secret is refused, and does not call the API', async () => {
      const { code, stdout, stderr } = await script('private', 'wrong-secret-of-the-client');
      assert.notEqual(code, 0);
      assert.match(stdout, /"error" ?: ?"access_denied"/);
      assert.match(stderr, /The answer has no access token/);
      assert.ok(!(stdout + stderr).includes('wrong-secret-of-the-client'), 'the secret is printed');
    });
    test('it says that the secret is missing before it asks', async () => {
      const { code, stdout, stderr } = await script('private');
      assert.notEqual(code, 0);
      assert.equal(stdout, '');
      assert.match(stderr, /CLIENT_SECRET/);
    });
  });
}
