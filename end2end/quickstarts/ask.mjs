// What every program that asks for a token must do.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AUDIENCE, byKey, bySecret, CLIENT_ID, PLAIN, SECRET } from './ask-proofs.mjs';
import { goodToken, startServer } from './ask-server.mjs';
import { HOSTILE } from './issuer.mjs';
import { freePort, must, until } from './processes.mjs';
import { execute, prepare, reasonToSkip, start } from './programs.mjs';
import { startTessera } from './tessera.mjs';

/** What a language prints when nobody caught an error. */
const STACK_TRACE = /Traceback|panicked|goroutine|Exception in thread|^\s+at |^\s+from |#0 |node:internal/m;

/**
 * Declares the tests of one program:
 * - `privateKey`: it proves its client by assertions, not by a secret;
 * - `keepsFile`: it leaves its token to the next run; `wait`: runs at the same time wait for one of them to ask;
 * - `command`: what sends its requests, and must not get a secret on its command line.
 */
export function asks(slug, { privateKey = false, keepsFile = false, wait = false, command } = {}) {
  const skip = reasonToSkip(slug);
  const proof = privateKey ? byKey : bySecret;
  describe(`${slug} with tokens of Tessera`, { skip }, () => withTessera(slug, proof));
  describe(`${slug} with a server of the test's own`, { skip }, () => withServer(slug, proof));
  if (keepsFile) describe(`${slug} with the token of an earlier run`, { skip }, () => withEarlierToken(slug, wait));
  if (command) describe(`${slug} as other users see it`, { skip }, () => amongOthers(slug, command));
}

function withTessera(slug, proof) {
  const audience = `https://orders.example/${HOSTILE}`;
  const scope = 'read:orders';
  let tessera, program, client, prepared, folder, keys;
  before(async () => {
    folder = await temporary();
    tessera = await startTessera();
    await tessera.createApi('Orders', audience, 'RS256', [scope, 'write:orders']);
    client = await tessera.createClient('Reader');
    await tessera.createGrant(client, audience, ['write:orders']);
    keys = await proof.forTessera(tessera, client, folder);
    await tessera.command('client', 'quota', 'set', '--client-id', client.client_id, '--per-day', '1000');
    await until(async () => (await left()) !== undefined, 'the server knows the quota');
    const values = { issuer: tessera.issuer, audience, scope };
    program = await start('python-flask', 'RS256', `for-${slug}`, values);
    prepared = await prepare(slug, 'RS256', 'tessera', { ...values, 'client-id': client.client_id });
  });
  after(async () => {
    await program?.stop();
    await tessera?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** How many tokens are left of the client's quota, once it was issued one more. */
  const left = async () => {
    const { client_id, client_secret } = client;
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret, audience });
    const { headers } = await fetch(`${tessera.issuer}oauth/token`, { method: 'POST', body });
    const [, number] = headers.get('auth0-client-quota-limit')?.match(/r=(\d+)/) ?? [];
    return number === undefined ? undefined : Number(number);
  };
  const call = (route, env) => execute(prepared, { ...common(folder), API_URL: `${program.url}/api/${route}`, ...env });

  test('one token is issued for three calls, and the API takes it', async () => {
    const earlier = await left();
    const { code, stdout, stderr } = await call('private', keys.right);
    assert.equal(code, 0, stderr);
    assert.equal(stdout.match(/Your token is valid\./g)?.length, 3, stdout);
    assert.ok(stdout.includes(client.client_id), 'the API saw whose token it is');
    assert.equal(earlier - (await left()), 2, 'one for the program, one to look');
  });
  test('the refusal of an API whose scope the token lacks is shown', async () => {
    const { code, stdout, stderr } = await call('private-scoped', keys.right);
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, /403[^]*insufficient_scope/);
  });
  test('the refusal of a wrong proof is shown', async () => {
    const { code, stdout, stderr } = await call('private', { ...keys.wrong, XDG_CACHE_HOME: path.join(folder, 'wrong') });
    assert.notEqual(code, 0);
    assert.equal(stdout, '');
    assert.match(stderr, proof.refusal);
    assert.ok(stderr.includes(`${tessera.issuer}docs/errors/`), 'the page that explains it is named');
    assert.ok(!stderr.includes('wrong-secret-of-the-client'), 'the secret is printed');
  });
}

function withServer(slug, proof) {
  let server, prepared, folder, keys;
  before(async () => {
    folder = await temporary();
    server = await startServer();
    keys = await proof.forTests(folder);
    prepared = await prepare(slug, 'RS256', 'server', { issuer: server.issuer, audience: AUDIENCE, 'client-id': CLIENT_ID });
  });
  after(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs the program against the server, which answers so; nothing is left of earlier runs. */
  const run = async (answers, env = {}) => {
    server.answers(answers);
    await rm(path.join(folder, 'cache'), { recursive: true, force: true });
    const ran = await execute(prepared, { ...common(folder), API_URL: server.apiUrl, ...keys.env, ...env });
    assert.ok(!(ran.stdout + ran.stderr).includes(keys.hidden), 'what proves the client is printed');
    return ran;
  };
  const fails = ({ code, stdout, stderr }, expected) => {
    assert.notEqual(code, 0, stdout);
    assert.match(stdout + stderr, expected);
    assert.doesNotMatch(stdout + stderr, STACK_TRACE);
  };
  const bearers = () => server.apiRequests.map(({ headers }) => headers.authorization);

  test('it asks once for three calls, and prints each answer', async () => {
    const { code, stdout, stderr } = await run();
    assert.equal(code, 0, stderr);
    assert.equal(server.tokenRequests.length, 1);
    assert.deepEqual(bearers(), Array(3).fill('Bearer token-1'));
    for (const number of [1, 2, 3]) assert.ok(stdout.includes(`number ${number}`), stdout);
  });
  test('it asks anew when less than a minute of its token is left', async () => {
    const { code, stderr } = await run({ token: goodToken(59) });
    assert.equal(code, 0, stderr);
    assert.equal(server.tokenRequests.length, 3);
    assert.deepEqual(bearers(), [1, 2, 3].map((number) => `Bearer token-${number}`));
    const proofs = server.tokenRequests.map((request) => proof.check(request, keys, server));
    if (proof === byKey) assert.equal(new Set(proofs).size, 3, 'each assertion has an id of its own');
  });
  test('its request says who asks and what for, whatever characters that has', async () => {
    await run();
    const [request] = server.tokenRequests;
    assert.equal(request.method, 'POST');
    assert.match(request.headers['content-type'], /^application\/x-www-form-urlencoded\b/);
    const form = new URLSearchParams(request.body);
    assert.equal(form.get('grant_type'), 'client_credentials');
    assert.equal(form.get('audience'), AUDIENCE);
    proof.check(request, keys, server);
  });
  for (const status of [400, 401, 403]) {
    test(`it says why the token endpoint refuses with ${status}, and does not call the API`, async () => {
      const body = { error: 'access_denied', error_description: 'No grant for it.', error_uri: 'https://auth.example/errors/no_grant' };
      const ran = await run({ token: () => ({ status, body }) });
      fails(ran, new RegExp(`${status}[^]*access_denied`));
      for (const text of Object.values(body)) assert.ok(ran.stderr.includes(text), ran.stderr);
      assert.deepEqual([server.tokenRequests.length, server.apiRequests.length], [1, 0]);
    });
  }
  for (const [what, answer] of [
    ['an error that is no JSON', { status: 500, body: '<h1>Internal Server Error</h1>' }],
    ['a page instead of a token', { status: 200, body: '<h1>Welcome</h1>' }],
    ['JSON without a token', { status: 200, body: {} }],
  ]) {
    test(`it says so when it gets ${what}`, async () => {
      const ran = await run({ token: () => answer });
      fails(ran, answer.status === 200 ? /./ : /500/);
      assert.notEqual(ran.stderr, '');
      assert.equal(server.apiRequests.length, 0);
    });
  }
  test('it does not take what proves it to where a redirect leads', async () => {
    for (const status of [302, 307]) {
      fails(await run({ token: () => ({ status, headers: { location: server.elsewhere }, body: {} }) }), /./);
      assert.deepEqual([server.strangerRequests, server.apiRequests.length], [0, 0]);
    }
  });
  test('it does not take its token to where a redirect leads', async () => {
    // Another origin: a program may follow an API within its own.
    const elsewhere = await startServer();
    try {
      await run({ api: () => ({ status: 307, headers: { location: elsewhere.apiUrl }, body: {} }) });
      for (const { headers } of elsewhere.apiRequests) assert.equal(headers.authorization, undefined);
    } finally {
      await elsewhere.stop();
    }
  });
  test('it does not wait forever for a token', async () => {
    fails(await run({ token: () => undefined }), /./);
    assert.equal(server.apiRequests.length, 0);
  });
  test('it says so when nobody listens', async () => {
    fails(await run({}, { API_URL: `http://127.0.0.1:${await freePort()}/api` }), /./);
  });
  for (const value of [undefined, '']) {
    test(`it asks for nothing when ${proof.variable} is ${value === undefined ? 'missing' : 'empty'}`, async () => {
      const ran = await run({}, { [proof.variable]: value });
      fails(ran, new RegExp(proof.variable));
      assert.equal(ran.stdout, '');
      assert.deepEqual([server.tokenRequests.length, server.apiRequests.length], [0, 0]);
    });
  }
  for (const [status, challenge] of [
    [401, 'Bearer error="invalid_token", error_description="It has expired."'],
    [403, 'Bearer error="insufficient_scope", scope="read:orders"'],
  ]) {
    test(`it shows why the API refuses with ${status}, and stops`, async () => {
      const ran = await run({ api: () => ({ status, headers: { 'www-authenticate': challenge }, body: {} }) });
      fails(ran, new RegExp(`${status}`));
      assert.ok((ran.stdout + ran.stderr).includes(challenge), ran.stdout + ran.stderr);
      assert.equal(server.apiRequests.length, 1);
    });
  }
  if (proof === byKey) {
    test('it says so when there is no key in the file', async () => {
      for (const file of [path.join(folder, 'missing.pem'), path.join(folder, 'empty.pem')]) {
        await writeFile(path.join(folder, 'empty.pem'), '');
        fails(await run({}, { PRIVATE_KEY_FILE: file }), /./);
        assert.equal(server.tokenRequests.length, 0);
      }
    });
  }
}

function withEarlierToken(slug, wait) {
  const client = 'QmV0dGVyIGtub3duIGNsaWVudA';
  let server, folder;
  const runs = {};
  before(async () => {
    folder = await temporary();
    server = await startServer();
    const own = { issuer: server.issuer, audience: AUDIENCE, 'client-id': client };
    for (const [name, values] of Object.entries({ own, client: { ...own, 'client-id': CLIENT_ID }, api: { ...own, audience: 'https://other.example/' } })) {
      const prepared = await prepare(slug, 'RS256', `earlier-${name}`, values);
      runs[name] = (env) => execute(prepared, { ...common(folder), API_URL: server.apiUrl, CLIENT_SECRET: SECRET, ...env });
    }
  });
  after(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Starts without tokens; the first run gets one. */
  const first = async (answers) => {
    await rm(path.join(folder, 'cache'), { recursive: true, force: true });
    server.answers(answers);
    return runs.own();
  };

  test('the next run needs no request', async () => {
    for (const { code, stderr } of [await first(), await runs.own()]) assert.equal(code, 0, stderr);
    assert.deepEqual([server.tokenRequests.length, server.apiRequests.length], [1, 6]);
  });
  test('nobody else can read it', async () => {
    await first();
    const cache = path.join(folder, 'cache/api-tokens');
    const mode = async (file) => ((await stat(file)).mode & 0o777).toString(8);
    assert.equal(await mode(cache), '700');
    const files = (await readdir(cache)).map((name) => path.join(cache, name));
    assert.equal(files.length, 1);
    assert.equal(await mode(files[0]), '600');
    const kept = await readFile(files[0], 'utf8');
    assert.ok(kept.includes('token-1') && !kept.includes(PLAIN), kept);
  });
  test('another client, or another API, gets a token of its own', async () => {
    await first();
    await runs.client();
    await runs.api();
    assert.equal(server.tokenRequests.length, 3);
    assert.equal(new Set(server.apiRequests.map(({ headers }) => headers.authorization)).size, 3);
  });
  test('an old one is not used', async () => {
    await first({ token: goodToken(59) });
    await runs.own();
    assert.equal(server.tokenRequests.length, 6);
  });
  test('one that the API refuses is not kept', async () => {
    const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' };
    await first({ api: () => ({ status: 401, headers: challenge, body: {} }) });
    await runs.own();
    assert.equal(server.tokenRequests.length, 2);
  });
  if (wait) {
    test('processes that start at the same time need one request', async () => {
      await rm(path.join(folder, 'cache'), { recursive: true, force: true });
      server.answers();
      const ran = await Promise.all(Array.from({ length: 5 }, () => runs.own()));
      for (const { code, stderr } of ran) assert.equal(code, 0, stderr);
      assert.deepEqual([server.tokenRequests.length, server.apiRequests.length], [1, 15]);
    });
  }
  test('a file that holds no token is written anew', async () => {
    await first();
    const cache = path.join(folder, 'cache/api-tokens');
    for (const name of await readdir(cache)) await writeFile(path.join(cache, name), 'no token\n');
    const { code, stderr } = await runs.own();
    assert.equal(code, 0, stderr);
    assert.equal(server.tokenRequests.length, 2);
  });
}

function amongOthers(slug, command) {
  test('neither secret nor token stands on a command line', async () => {
    const folder = await temporary();
    const server = await startServer();
    try {
      // In the place of the command: one that notes how it was called, and then does the same.
      const real = (await must('sh', ['-c', `command -v ${command}`])).trim();
      const seen = path.join(folder, 'seen');
      await writeFile(path.join(folder, command), `#!/bin/sh\nprintf '%s\\n' "$@" >>'${seen}'\nexec '${real}' "$@"\n`, { mode: 0o755 });
      const prepared = await prepare(slug, 'RS256', 'others', { issuer: server.issuer, audience: AUDIENCE, 'client-id': CLIENT_ID });
      const env = { PATH: `${folder}:${process.env.PATH}`, API_URL: server.apiUrl, CLIENT_SECRET: SECRET };
      const { code, stderr } = await execute(prepared, { ...common(folder), ...env });
      assert.equal(code, 0, stderr);
      const words = await readFile(seen, 'utf8');
      assert.ok(words.includes(AUDIENCE), words);
      for (const hidden of [PLAIN, 'token-1']) assert.ok(!words.includes(hidden), words);
    } finally {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
}

/** What each program finds in its environment, besides what it is told. */
function common(folder) {
  return { XDG_CACHE_HOME: path.join(folder, 'cache'), LANG: 'C.UTF-8' };
}

function temporary() {
  return mkdtemp(path.join(tmpdir(), 'tessera-ask-'));
}
