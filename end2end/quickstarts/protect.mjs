// What every program that protects an API must do, for every algorithm.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { HOSTILE, startIssuer } from './issuer.mjs';
import { until } from './processes.mjs';
import { reasonToSkip, recipe, start } from './programs.mjs';
import { startTessera } from './tessera.mjs';
import { ALGORITHMS, badTokens, goodClaims, newKey, toJwk, token } from './tokens.mjs';

/** Declares the tests of one program, for each algorithm that it supports. The matrix is made from the names of the suites. */
export function protects(slug) {
  const skip = reasonToSkip(slug);
  const { unsupported } = recipe(slug);
  for (const alg of ALGORITHMS.filter((alg) => !unsupported[alg])) {
    describe(`${slug} ${alg} with tokens of Tessera`, { skip }, () => withTessera(slug, alg));
    describe(`${slug} ${alg} with forged tokens`, { skip }, () => withForgedTokens(slug, alg));
  }
}

function withTessera(slug, alg) {
  const identifier = `https://orders.example/${HOSTILE}`;
  const other = 'https://other.example/';
  const scope = `read:${HOSTILE}`;
  let tessera, api, program, reader, writer, restart;
  before(async () => {
    tessera = await startTessera();
    api = await tessera.createApi('Orders', identifier, alg, [scope, 'write:orders']);
    await tessera.createApi('Other', other, alg, [scope]);
    reader = await tessera.createClient('Reader');
    writer = await tessera.createClient('Writer');
    await tessera.createGrant(reader, identifier, [scope]);
    await tessera.createGrant(reader, other, [scope]);
    await tessera.createGrant(writer, identifier, ['write:orders']);
    restart = async (secrets) => {
      await program?.stop();
      program = await start(slug, alg, 'tessera', { issuer: tessera.issuer, audience: identifier, scope }, secrets);
    };
    await restart(tessera.secretsOf(api));
  });
  after(async () => {
    await program?.stop();
    await tessera?.stop();
  });

  const tokenOf = async (client, audience = identifier) => {
    const answer = await tessera.ask(client, audience);
    assert.equal(answer.status, 200, JSON.stringify(answer));
    return answer.access_token;
  };
  const statusOf = async (path, bearer) => (await get(program, path, bearer)).status;

  test('the public route needs no token', async () => assert.equal(await statusOf('public'), 200));
  test('no token: 401', async () => assert.equal(await statusOf('private'), 401));
  test('a good token: 200', async () => assert.equal(await statusOf('private', await tokenOf(reader)), 200));
  test('a good token with the scope: 200', async () => assert.equal(await statusOf('private-scoped', await tokenOf(reader)), 200));
  test('a good token with another scope: 200 where none is needed, 403 where one is', async () => {
    const bearer = await tokenOf(writer);
    assert.equal(await statusOf('private', bearer), 200);
    assert.equal(await statusOf('private-scoped', bearer), 403);
  });
  test('the token of another API: 401', async () => assert.equal(await statusOf('private', await tokenOf(reader, other)), 401));

  if (alg !== 'HS256') {
    test('after a rotation old and new tokens are good, without a restart', async () => {
      const old = await tokenOf(reader);
      await tessera.command('keys', 'rotate', '--alg', alg);
      let fresh;
      await until(async () => kidOf((fresh = await tokenOf(reader))) !== kidOf(old), 'tokens are signed by the next key');
      assert.equal(await statusOf('private', fresh), 200);
      assert.equal(await statusOf('private', old), 200);
    });
  } else {
    test('the token of an RS256 API of the same issuer: 401', async () => {
      await tessera.createApi('Keys', 'https://keys.example/', 'RS256', []);
      await tessera.createGrant(reader, 'https://keys.example/', []);
      assert.equal(await statusOf('private', await tokenOf(reader, 'https://keys.example/')), 401);
    });
    test('through a rotation of the signing secret every token is good, and none of a secret that was cancelled', async () => {
      const first = tessera.secretsOf(api);
      const ofFirst = await tokenOf(reader);
      assert.equal(kidOf(ofFirst), api.signing_secret_kid);
      const values = { issuer: tessera.issuer, audience: identifier, scope };
      const signedWith = (kid, secret) => token({ alg, kid }, goodClaims(values), secret);

      const cancelled = await tessera.signingSecret('start', identifier);
      await tessera.signingSecret('cancel', identifier);
      const next = await tessera.signingSecret('start', identifier);
      const both = { ...first, [next.kid]: next.signing_secret };
      await restart(both);
      assert.equal(await statusOf('private', await tokenOf(reader)), 200, 'signed with the current secret');
      await tessera.signingSecret('complete', identifier);
      let ofNext;
      await until(async () => kidOf((ofNext = await tokenOf(reader))) === next.kid, 'tokens are signed with the next secret');
      assert.equal(await statusOf('private', ofNext), 200);
      assert.equal(await statusOf('private', ofFirst), 200);
      assert.equal(await statusOf('private-scoped', ofNext), 200);
      for (const [what, bearer] of [
        ['of the cancelled secret', signedWith(cancelled.kid, cancelled.signing_secret)],
        ['of the cancelled secret under the key ID of another', signedWith(next.kid, cancelled.signing_secret)],
        ['of one secret under the key ID of the other', signedWith(next.kid, api.signing_secret)],
        ['of the other secret under the key ID of the one', signedWith(api.signing_secret_kid, next.signing_secret)],
      ]) {
        const response = await get(program, 'private', bearer);
        assert.equal(response.status, 401, what);
        assert.match(response.headers.get('www-authenticate'), /^Bearer .*error="invalid_token"/, what);
      }

      // The former secret is taken out when its last token has expired: the order makes no difference either.
      await restart({ [next.kid]: next.signing_secret });
      assert.equal(await statusOf('private', ofNext), 200);
      assert.equal(await statusOf('private', ofFirst), 401);
      await restart(Object.fromEntries(Object.entries(both).reverse()));
      assert.equal(await statusOf('private', ofNext), 200);
      assert.equal(await statusOf('private', ofFirst), 200);
    });
  }
}

function withForgedTokens(slug, alg) {
  const audience = `https://api.example/"quoted"\\back/${HOSTILE}`;
  const scope = `read:${HOSTILE}`;
  // The key that signs decides which tokens are bad, so it is here before the tests are declared.
  const secret = randomBytes(48).toString('base64url');
  const key = alg === 'HS256' ? { kid: 'ss_first', secret } : newKey('first', alg);
  const header = { alg, kid: key.kid };
  const signer = alg === 'HS256' ? secret : key.privateKey;
  let issuer, program, values;
  before(async () => {
    issuer = await startIssuer();
    if (alg !== 'HS256') issuer.key = key;
    values = { issuer: issuer.url, audience, scope };
    program = await start(slug, alg, 'forged', values, alg === 'HS256' ? { [key.kid]: secret } : {});
  });
  after(async () => {
    await program?.stop();
    await issuer?.stop();
  });

  const forge = (changes = {}) => token(header, { ...goodClaims(values), ...changes }, signer);
  const statusOf = async (path, bearer) => (await get(program, path, bearer)).status;

  test('a good token: 200, and the program knows whose it is', async () => {
    const response = await get(program, 'private', forge());
    assert.equal(response.status, 200);
    assert.equal((await response.json()).sub, 'forged@clients');
  });
  test('a good token for several audiences: 200', async () => assert.equal(await statusOf('private', forge({ aud: ['https://a.example/', audience] })), 200));
  test('the scope among others: 200', async () => assert.equal(await statusOf('private-scoped', forge({ scope: `a:b ${scope} c:d` })), 200));

  for (const [what, given] of [
    ['no scope claim', undefined],
    ['no scope at all', ''],
    ['another scope', 'write:orders'],
    ['a scope that only starts the same', `${scope}s`],
    ['the scope in another case', scope.toUpperCase()],
  ]) {
    test(`${what}: 403 that names the scope`, async () => {
      const response = await get(program, 'private-scoped', forge({ scope: given }));
      assert.equal(response.status, 403);
      const challenge = response.headers.get('www-authenticate');
      assert.match(challenge, /^Bearer .*error="insufficient_scope"/);
      assert.ok(challenge.includes(`scope="${scope}"`), challenge);
    });
  }

  test('no token: 401 with a challenge that names no error (RFC 6750 section 3.1)', async () => {
    for (const path of ['private', 'private-scoped']) {
      const response = await get(program, path);
      assert.equal(response.status, 401);
      assert.match(response.headers.get('www-authenticate'), /^Bearer\b/);
      assert.ok(!response.headers.get('www-authenticate').includes('error='));
    }
  });
  // Servers refuse long headers on their own, each in its own way.
  test('a token of 100 kB with a wrong signature: refused', async () => {
    const response = await get(program, 'private', `${forge({ padding: 'x'.repeat(75_000) })}x`).catch(() => ({ status: 431 }));
    assert.ok([400, 401, 413, 431].includes(response.status), `${response.status}`);
    assert.equal(await statusOf('private', forge()), 200, 'and the program goes on');
  });
  // RFC 6750 has 401 where there is no token and 400 where there is something malformed; libraries differ on which this is.
  for (const [what, authorization] of [
    ['a password instead of a token', 'Basic dXNlcjpwYXNz'],
    ['an empty token', 'Bearer '],
    ['two tokens', 'Bearer a b'],
  ]) {
    test(`${what}: 401 or 400, with a challenge`, async () => {
      const response = await fetch(`${program.url}/api/private`, { headers: { authorization } });
      assert.ok([400, 401].includes(response.status), `${response.status}`);
      assert.match(response.headers.get('www-authenticate'), /^Bearer\b/);
    });
  }

  // Their names are known at once; the tokens are made when the address of the issuer is.
  const placeholder = { issuer: 'https://issuer.example/', audience, scope };
  badTokens(alg, key, placeholder).forEach(([what], index) => {
    test(`a token that ${what}: 401`, async () => {
      const bearer = badTokens(alg, key, values)[index][1];
      for (const path of ['private', 'private-scoped']) {
        const response = await get(program, path, bearer);
        assert.equal(response.status, 401);
        assert.match(response.headers.get('www-authenticate'), /^Bearer .*error="invalid_token"/);
        assert.ok(!(await response.text()).includes(bearer), 'the answer repeats the token');
      }
    });
  });

  if (alg !== 'HS256') {
    test('a token that names an address for its key: 401, and nobody asks there', async () => {
      const stranger = newKey(key.kid, alg);
      const earlier = issuer.strangerRequests;
      for (const extra of [{ jku: issuer.elsewhere }, { x5u: issuer.elsewhere }, { jku: issuer.elsewhere, jwk: toJwk(stranger) }]) {
        const bearer = token({ ...header, ...extra }, goodClaims(values), stranger.privateKey);
        assert.equal(await statusOf('private', bearer), 401);
      }
      assert.equal(issuer.strangerRequests, earlier);
    });
    test('tokens with unknown keys do not make it ask the issuer each time', async () => {
      assert.equal(await statusOf('private', forge()), 200);
      const earlier = issuer.keyRequests;
      const stranger = newKey('stranger', alg).privateKey;
      const flood = Array.from({ length: 20 }, (_, n) => token({ alg, kid: `unknown-${n}` }, goodClaims(values), stranger));
      for (const status of await Promise.all(flood.map((bearer) => statusOf('private', bearer)))) assert.equal(status, 401);
      assert.ok(issuer.keyRequests - earlier <= 1, `${issuer.keyRequests - earlier} requests for keys`);
    });
    test('without its issuer it lets nobody in', async () => {
      const lonely = await startIssuer();
      lonely.key = newKey('lonely', alg);
      const gone = { issuer: lonely.url, audience, scope };
      const blind = await start(slug, alg, 'lonely', gone);
      await lonely.stop();
      try {
        const response = await get(blind, 'private', token({ alg, kid: lonely.key.kid }, goodClaims(gone), lonely.key.privateKey));
        assert.ok(response.status >= 401 && response.status < 600, `${response.status}`);
      } finally {
        await blind.stop();
      }
    });
  }
}

/** GET /api/PATH, with a token or without. */
export function get(program, path, bearer) {
  return fetch(`${program.url}/api/${path}`, { headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` } });
}

function kidOf(jwt) {
  return JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url')).kid;
}
