// The npm package auth0, as it is, through the life of every object of the Management API.
// DOMAIN, CLIENT_ID, CLIENT_SECRET: a client with all scopes of the Management API; LIMITED_*: the same at a server that takes few requests;
// NODE_EXTRA_CA_CERTS: the authority that both servers' certificates come from.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { ManagementClient, Management, ManagementError } from 'auth0';
import { AuthenticationClient } from 'auth0/legacy';

const { DOMAIN, CLIENT_ID, CLIENT_SECRET, LIMITED_DOMAIN, LIMITED_CLIENT_ID, LIMITED_CLIENT_SECRET } = process.env;
const MANAGEMENT = `https://${DOMAIN}/api/v2/`;
const IDENTIFIER = 'https://orders.example/api/v1';
const signIn = () => new ManagementClient({ domain: DOMAIN, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET });
let auth0 = signIn();

let failed = 0;

/** Says in one line whether a check holds. */
async function check(name, holds) {
  try {
    await holds();
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok ${name}: ${String(error?.message ?? error).replace(/\s+/g, ' ')}`);
  }
}

/** The error that a call ends with, which must be of this class and status. */
async function refused(call, kind, statusCode, message) {
  const error = await call.then(
    () => assert.fail('the call was not refused'),
    (error) => error,
  );
  assert.ok(error instanceof kind, `${error?.name}: ${error?.message}`);
  assert.equal(error.statusCode, statusCode);
  assert.equal(error.body?.statusCode, statusCode);
  assert.equal(typeof error.body.error, 'string');
  assert.match(error.body.message, message);
  return error;
}

const missing = (call, message = /./) => refused(call, Management.NotFoundError, 404, message);

/** A token by the package's own authentication client; a refusal carries its status. */
const tokenFor = ({ client_id, client_secret }, audience, more = {}) =>
  new AuthenticationClient({ domain: DOMAIN, clientId: client_id, clientSecret: client_secret, ...more }).oauth
    .clientCredentialsGrant({ audience })
    .then(({ data }) => data);

const claimsOf = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'));

/** Every item that the package's own pages hold. */
async function all(page) {
  const items = [];
  for await (const item of await page) items.push(item);
  return items;
}

const date = (text) => {
  assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  return Date.parse(text);
};

let client, api, grant;

async function clients() {
  await check('clients: created with a name alone', async () => {
    client = await auth0.clients.create({ name: 'Importer' });
    assert.match(client.client_id, /^\S{20,}$/);
    assert.match(client.client_secret, /^\S{32,}$/);
    assert.equal(client.name, 'Importer');
  });
  await check('clients: created with everything that a machine needs', async () => {
    const made = await auth0.clients.create({
      name: 'Exporter',
      description: 'Sends orders on',
      app_type: 'non_interactive',
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'client_secret_basic',
      jwt_configuration: { alg: 'RS256' },
      client_metadata: { team: 'orders', stage: 'test' },
    });
    assert.equal(made.description, 'Sends orders on');
    assert.equal(made.app_type, 'non_interactive');
    assert.deepEqual(made.grant_types, ['client_credentials']);
    assert.equal(made.token_endpoint_auth_method, 'client_secret_basic');
    assert.deepEqual(made.client_metadata, { team: 'orders', stage: 'test' });
  });
  await check('clients: read', async () => {
    const read = await auth0.clients.get(client.client_id);
    assert.equal(read.name, 'Importer');
    assert.equal(read.client_id, client.client_id);
  });
  await check('clients: read with only some fields, and without some', async () => {
    const some = await auth0.clients.get(client.client_id, { fields: 'client_id,name', include_fields: true });
    assert.deepEqual(Object.keys(some).sort(), ['client_id', 'name']);
    const rest = await auth0.clients.get(client.client_id, { fields: 'name', include_fields: false });
    assert.ok(!('name' in rest) && 'client_id' in rest);
  });
  await check('clients: listed in pages', async () => {
    for (let n = 0; n < 4; n += 1) await auth0.clients.create({ name: `Worker ${n}` });
    const first = await auth0.clients.list({ page: 0, per_page: 2 });
    assert.equal(first.data.length, 2);
    const { start, limit, total } = first.response;
    assert.deepEqual([start, limit], [0, 2]);
    const ids = (await all(auth0.clients.list({ per_page: 2 }))).map((each) => each.client_id);
    assert.equal(ids.length, total);
    assert.equal(new Set(ids).size, total);
    assert.ok(ids.includes(client.client_id) && ids.includes(CLIENT_ID));
    const second = await auth0.clients.list({ page: 1, per_page: 2 });
    assert.deepEqual([second.response.start, second.response.limit, second.response.total], [2, 2, total]);
  });
  await check('clients: a page after the last is empty', async () => {
    const page = await auth0.clients.list({ page: 40, per_page: 50 });
    assert.deepEqual(page.data, []);
    assert.ok(page.response.total > 0);
  });
  await check('clients: listed bare', async () => {
    const { response } = await auth0.clients.list({ include_totals: false });
    assert.ok(Array.isArray(response));
    assert.ok(response.some((each) => each.client_id === client.client_id));
  });
  await check('clients: listed from checkpoint to checkpoint', async () => {
    const ids = [];
    let from;
    do {
      const { response } = await auth0.clients.list({}, { queryParams: { take: 2, from } });
      assert.ok(response.clients.length <= 2);
      assert.ok(!('total' in response));
      ids.push(...response.clients.map((each) => each.client_id));
      from = response.next;
    } while (from && ids.length < 100);
    const { response } = await auth0.clients.list({ per_page: 100 });
    assert.deepEqual([...ids].sort(), response.clients.map((each) => each.client_id).sort());
  });
  await check('clients: listed by type and with only some fields', async () => {
    const found = await all(auth0.clients.list({ app_type: 'non_interactive', fields: 'client_id,app_type', include_fields: true }));
    assert.ok(found.length > 0);
    for (const each of found) assert.deepEqual(each, { client_id: each.client_id, app_type: 'non_interactive' });
  });
  await check('clients: changed', async () => {
    const changed = await auth0.clients.update(client.client_id, { name: 'Importer 2', description: 'Fetches orders', client_metadata: { a: '1', b: '2' } });
    assert.equal(changed.name, 'Importer 2');
    assert.equal(changed.description, 'Fetches orders');
    assert.deepEqual((await auth0.clients.get(client.client_id)).client_metadata, { a: '1', b: '2' });
  });
  await check('clients: null takes a value away', async () => {
    await auth0.clients.update(client.client_id, { description: null, client_metadata: { a: null } });
    const read = await auth0.clients.get(client.client_id);
    assert.ok(!read.description);
    assert.deepEqual(read.client_metadata, { b: '2' });
    assert.equal(read.name, 'Importer 2');
  });
  await check('clients: refused without a name, and the message names it', () => refused(auth0.clients.create({}), Management.BadRequestError, 400, /\bname\b/));
  await check('clients: a property that there is none of is refused by name', async () => {
    const error = await refused(auth0.clients.create({ name: 'Odd', oddity: true }), Management.BadRequestError, 400, /\boddity\b/);
    assert.equal(error.body.errorCode, 'invalid_body');
  });
}

async function resourceServers() {
  await check('resource servers: created with an identifier alone', async () => {
    const made = await auth0.resourceServers.create({ identifier: 'urn:example:bare' });
    assert.match(made.id, /^\S+$/);
    assert.equal(made.signing_alg, 'RS256');
    assert.equal(made.token_lifetime, 86_400);
    await auth0.resourceServers.delete(made.id);
  });
  await check('resource servers: created with scopes', async () => {
    api = await auth0.resourceServers.create({
      identifier: IDENTIFIER,
      name: 'Orders',
      signing_alg: 'PS256',
      token_lifetime: 3600,
      scopes: [{ value: 'read:orders', description: 'Read orders' }, { value: 'write:orders' }],
    });
    assert.equal(api.identifier, IDENTIFIER);
    assert.equal(api.signing_alg, 'PS256');
    assert.equal(api.token_lifetime, 3600);
    assert.deepEqual(api.scopes.map((scope) => scope.value).sort(), ['read:orders', 'write:orders']);
    assert.equal(api.scopes.find((scope) => scope.value === 'read:orders').description, 'Read orders');
  });
  await check('resource servers: read by ID and by identifier', async () => {
    const byId = await auth0.resourceServers.get(api.id);
    assert.equal(byId.identifier, IDENTIFIER);
    assert.deepEqual(await auth0.resourceServers.get(IDENTIFIER), byId);
  });
  await check('resource servers: the Management API is one of them', async () => {
    const own = await auth0.resourceServers.get(MANAGEMENT);
    assert.equal(own.is_system, true);
    assert.ok(own.scopes.some((scope) => scope.value === 'read:clients'));
  });
  await check('resource servers: listed in pages, bare, and by identifier', async () => {
    for (let n = 0; n < 3; n += 1) await auth0.resourceServers.create({ identifier: `urn:example:${n}`, name: `Example ${n}` });
    const page = await auth0.resourceServers.list({ per_page: 2 });
    const identifiers = (await all(auth0.resourceServers.list({ per_page: 2 }))).map((each) => each.identifier);
    assert.equal(page.data.length, 2);
    assert.equal(new Set(identifiers).size, page.response.total);
    assert.ok(identifiers.includes(IDENTIFIER) && identifiers.includes(MANAGEMENT));
    const bare = (await auth0.resourceServers.list({ include_totals: false })).response;
    assert.equal(bare.length, identifiers.length);
    const some = await all(auth0.resourceServers.list({ identifiers: [IDENTIFIER, 'urn:example:1'] }));
    assert.deepEqual(some.map((each) => each.identifier).sort(), [IDENTIFIER, 'urn:example:1'].sort());
  });
  await check('resource servers: changed by ID and by identifier', async () => {
    assert.equal((await auth0.resourceServers.update(api.id, { token_lifetime: 7200 })).token_lifetime, 7200);
    const scopes = [{ value: 'read:orders', description: 'Read all orders' }, { value: 'cancel:orders', description: 'Cancel orders' }, { value: 'write:orders', description: 'Write orders' }];
    const changed = await auth0.resourceServers.update(IDENTIFIER, { name: 'All orders', scopes });
    assert.equal(changed.name, 'All orders');
    const byValue = (a, b) => a.value.localeCompare(b.value);
    assert.deepEqual([...(await auth0.resourceServers.get(api.id)).scopes].sort(byValue), scopes.sort(byValue));
  });
  await check('resource servers: null takes away what is not there', async () => {
    const changed = await auth0.resourceServers.update(api.id, { token_encryption: null, consent_policy: null, authorization_details: null, proof_of_possession: null });
    assert.equal(changed.identifier, IDENTIFIER);
  });
  await check('resource servers: proof of possession asked for, and taken back', async () => {
    const proof = { mechanism: 'dpop', required: true };
    const changed = await auth0.resourceServers.update(api.id, { proof_of_possession: proof });
    assert.equal(changed.proof_of_possession.mechanism, 'dpop');
    assert.equal(changed.proof_of_possession.required, true);
    await auth0.resourceServers.update(api.id, { proof_of_possession: null });
    assert.ok(!(await auth0.resourceServers.get(api.id)).proof_of_possession);
  });
  await check('resource servers: HS256 has a signing secret', async () => {
    const made = await auth0.resourceServers.create({ identifier: 'urn:example:hs', signing_alg: 'HS256' });
    assert.ok(made.signing_secret.length >= 16);
    await auth0.resourceServers.delete('urn:example:hs');
    await missing(auth0.resourceServers.get('urn:example:hs'), /does not exist/);
  });
  await check('resource servers: an identifier twice is a conflict', () =>
    refused(auth0.resourceServers.create({ identifier: IDENTIFIER }), Management.ConflictError, 409, /identifier/));
  await check('resource servers: a wrong value is refused, and the message names the property', async () => {
    const error = await refused(auth0.resourceServers.create({ identifier: 'urn:example:wrong', token_lifetime: -5 }), Management.BadRequestError, 400, /\btoken_lifetime\b/);
    assert.equal(error.body.errorCode, 'invalid_body');
    await missing(auth0.resourceServers.get('urn:example:wrong'));
  });
  await check('resource servers: the Management API can not be deleted', () =>
    refused(auth0.resourceServers.delete(MANAGEMENT), ManagementError, 400, /^System resource servers cannot be deleted\.$/));
}

async function clientGrants() {
  const wanted = { client_id: client.client_id, audience: IDENTIFIER, scope: ['read:orders'] };
  await check('client grants: created', async () => {
    grant = await auth0.clientGrants.create(wanted);
    assert.match(grant.id, /^cgr_/);
    assert.deepEqual({ client_id: grant.client_id, audience: grant.audience, scope: grant.scope }, wanted);
  });
  await check('client grants: read', async () => assert.deepEqual(await auth0.clientGrants.get(grant.id), grant));
  await check('client grants: the client gets a token with these scopes', async () => {
    const token = await tokenFor(client, IDENTIFIER);
    assert.equal(token.token_type, 'Bearer');
    assert.equal(token.expires_in, 7200);
    assert.equal(claimsOf(token.access_token).scope, 'read:orders');
    assert.equal(claimsOf(token.access_token).iss, `https://${DOMAIN}/`);
  });
  await check('client grants: the same twice is a conflict', () => refused(auth0.clientGrants.create(wanted), Management.ConflictError, 409, /./));
  await check('client grants: a scope that the API does not define is refused', () =>
    refused(auth0.clientGrants.create({ ...wanted, audience: 'urn:example:1', scope: ['read:nothing'] }), Management.BadRequestError, 400, /read:nothing/));
  await check('client grants: an unknown client or API is refused', async () => {
    await missing(auth0.clientGrants.create({ ...wanted, client_id: 'nobody' }));
    await missing(auth0.clientGrants.create({ ...wanted, audience: 'urn:example:nowhere' }));
  });
  await check('client grants: listed from checkpoint to checkpoint, which is how the package lists', async () => {
    for (let n = 0; n < 3; n += 1) await auth0.clientGrants.create({ client_id: client.client_id, audience: `urn:example:${n}`, scope: [] });
    const grants = await all(auth0.clientGrants.list({ take: 2 }));
    assert.ok(grants.length >= 5);
    assert.equal(new Set(grants.map((each) => each.id)).size, grants.length);
    const page = await auth0.clientGrants.list({ take: 2 });
    assert.equal(page.data.length, 2);
    assert.ok(!('total' in page.response), 'take wins over include_totals');
  });
  await check('client grants: listed by client and by API', async () => {
    assert.equal((await all(auth0.clientGrants.list({ client_id: client.client_id }))).length, 4);
    assert.deepEqual((await all(auth0.clientGrants.list({ audience: IDENTIFIER, client_id: client.client_id }))).map((each) => each.id), [grant.id]);
    assert.deepEqual(await all(auth0.clientGrants.list({ audience: 'urn:example:nowhere' })), []);
  });
  await check('client grants: changed, and the next token is of the new scopes', async () => {
    const changed = await auth0.clientGrants.update(grant.id, { scope: ['write:orders', 'read:orders'] });
    assert.deepEqual([...changed.scope].sort(), ['read:orders', 'write:orders']);
    assert.deepEqual(claimsOf((await tokenFor(client, IDENTIFIER)).access_token).scope.split(' ').sort(), ['read:orders', 'write:orders']);
  });
}

async function secrets() {
  await check('clients: a rotated secret works, and the former no longer does', async () => {
    const rotated = await auth0.clients.rotateSecret(client.client_id);
    assert.equal(rotated.client_id, client.client_id);
    assert.notEqual(rotated.client_secret, client.client_secret);
    assert.ok((await tokenFor(rotated, IDENTIFIER)).access_token);
    await assert.rejects(tokenFor(client, IDENTIFIER), { statusCode: 401 });
    client = rotated;
  });
  await check('clients: a secret of the caller\'s own choice', async () => {
    const own = 'own-Choice_'.repeat(6);
    assert.equal((await auth0.clients.update(client.client_id, { client_secret: own })).client_secret, own);
    client = { ...client, client_secret: own };
    assert.ok((await tokenFor(client, IDENTIFIER)).access_token);
  });
  await check('clients: the secret is read back', async () => assert.equal((await auth0.clients.get(client.client_id)).client_secret, client.client_secret));
}

async function credentials() {
  const keys = [0, 1].map(() => generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } }));
  const owner = await auth0.clients.create({ name: 'Key holder', app_type: 'non_interactive', grant_types: ['client_credentials'] });
  const { credentials } = auth0.clients;
  let first, second;
  await check('credentials: created from a PEM', async () => {
    first = await credentials.create(owner.client_id, { credential_type: 'public_key', name: 'First', pem: keys[0].publicKey, alg: 'RS256' });
    assert.match(first.id, /^cred_/);
    assert.match(first.kid, /^[\w-]{10,64}$/);
    assert.deepEqual([first.credential_type, first.name, first.alg], ['public_key', 'First', 'RS256']);
    assert.ok(!('pem' in first));
    date(first.created_at);
    date(first.updated_at);
  });
  await check('credentials: created with a date to expire at', async () => {
    const expires_at = new Date(Date.now() + 86_400_000).toISOString();
    second = await credentials.create(owner.client_id, { credential_type: 'public_key', pem: keys[1].publicKey, alg: 'PS256', expires_at });
    assert.ok(Math.abs(date(second.expires_at) - Date.parse(expires_at)) < 1000);
  });
  await check('credentials: listed and read', async () => {
    const listed = await credentials.list(owner.client_id);
    assert.deepEqual(listed.map((each) => each.id).sort(), [first.id, second.id].sort());
    assert.deepEqual(await credentials.get(owner.client_id, first.id), first);
  });
  await check('credentials: the date to expire at is changed, and taken away', async () => {
    const changed = await credentials.update(owner.client_id, first.id, { expires_at: '2040-01-02T03:04:05.000Z' });
    assert.equal(date(changed.expires_at), Date.parse('2040-01-02T03:04:05Z'));
    await credentials.update(owner.client_id, first.id, { expires_at: null });
    assert.ok(!(await credentials.get(owner.client_id, first.id)).expires_at);
  });
  await check('credentials: what is no PEM is refused, and the message says pem', () =>
    refused(credentials.create(owner.client_id, { credential_type: 'public_key', pem: 'not a key' }), Management.BadRequestError, 400, /pem/i));
  await check('credentials: a client that proves itself by a key gets tokens', async () => {
    await auth0.clientGrants.create({ client_id: owner.client_id, audience: IDENTIFIER, scope: ['read:orders'] });
    const changed = await auth0.clients.update(owner.client_id, {
      client_authentication_methods: { private_key_jwt: { credentials: [{ id: first.id }] } },
      token_endpoint_auth_method: null,
    });
    assert.ok(changed.client_authentication_methods.private_key_jwt.credentials.some((each) => each.id === first.id));
    assert.ok(!changed.client_secret && !changed.token_endpoint_auth_method);
    const token = await tokenFor({ client_id: owner.client_id }, IDENTIFIER, { clientAssertionSigningKey: keys[0].privateKey });
    assert.equal(claimsOf(token.access_token).scope, 'read:orders');
    await assert.rejects(tokenFor(owner, IDENTIFIER), { statusCode: 401 });
  });
  await check('credentials: and by a secret again', async () => {
    const changed = await auth0.clients.update(owner.client_id, { client_authentication_methods: null, token_endpoint_auth_method: 'client_secret_post' });
    assert.equal(changed.token_endpoint_auth_method, 'client_secret_post');
    assert.ok((await tokenFor({ client_id: owner.client_id, client_secret: (await auth0.clients.get(owner.client_id)).client_secret }, IDENTIFIER)).access_token);
  });
  await check('credentials: deleted', async () => {
    await credentials.delete(owner.client_id, first.id);
    await missing(credentials.get(owner.client_id, first.id));
    assert.deepEqual((await credentials.list(owner.client_id)).map((each) => each.id), [second.id]);
  });
}

async function signingKeys() {
  let { signing } = auth0.keys;
  const roleOf = (keys, role) => keys.find((key) => key[role]);
  let before;
  await check('signing keys: listed and read', async () => {
    before = await signing.list();
    assert.ok(Array.isArray(before));
    const current = roleOf(before, 'current');
    assert.ok(current && roleOf(before, 'next'));
    for (const text of ['kid', 'cert', 'pkcs7', 'fingerprint', 'thumbprint']) assert.equal(typeof current[text], 'string', text);
    assert.match(current.cert, /^-----BEGIN CERTIFICATE-----/);
    assert.match(current.fingerprint, /^[0-9A-F]{2}(:[0-9A-F]{2})+$/i);
    date(current.current_since);
    assert.equal((await signing.get(current.kid)).kid, current.kid);
  });
  await check('signing keys: rotated, so that the next becomes the current one', async () => {
    const fresh = await signing.rotate();
    assert.ok(fresh.kid && fresh.cert);
    const after = await signing.list();
    assert.equal(roleOf(after, 'current').kid, roleOf(before, 'next').kid);
    assert.equal(roleOf(after, 'previous').kid, roleOf(before, 'current').kid);
    assert.ok(!before.some((key) => key.kid === fresh.kid));
    assert.ok(after.some((key) => key.kid === fresh.kid && key.next));
  });
  await check('signing keys: a previous one is revoked, with the tokens that it has signed', async () => {
    const previous = roleOf(before, 'current').kid;
    assert.equal((await signing.revoke(previous)).kid, previous);
    await refused(signing.list(), Management.UnauthorizedError, 401, /token/i);
    auth0 = signIn();
    ({ signing } = auth0.keys);
    const revoked = await signing.get(previous);
    assert.equal(revoked.revoked, true);
    date(revoked.revoked_at);
  });
  await check('signing keys: an unknown one is not there', () => missing(signing.get('nothing')));
}

async function tenant() {
  const { settings } = auth0.tenants;
  await check('tenant settings: read, and only some of them', async () => {
    assert.equal(typeof (await settings.get()), 'object');
    assert.ok(Object.keys(await settings.get({ fields: 'friendly_name', include_fields: true })).every((key) => key === 'friendly_name'));
  });
  await check('tenant settings: changed, and null takes one away', async () => {
    const changed = await settings.update({ friendly_name: 'Orders Ltd', support_url: 'https://help.example/' });
    assert.equal(changed.friendly_name, 'Orders Ltd');
    assert.equal((await settings.get()).support_url, 'https://help.example/');
    await settings.update({ support_url: null });
    const read = await settings.get();
    assert.ok(!read.support_url);
    assert.equal(read.friendly_name, 'Orders Ltd');
  });
  await check('tenant settings: an unknown one is refused by name', () => refused(settings.update({ oddity: 1 }), Management.BadRequestError, 400, /oddity/));
}

async function logs() {
  await check('logs: listed newest first, in pages, and one is read', async () => {
    const page = await auth0.logs.list({ per_page: 5, sort: 'date:-1' });
    assert.equal(page.data.length, 5);
    assert.ok(page.response.total > 5);
    const dates = page.data.map((entry) => date(entry.date));
    assert.deepEqual(dates, [...dates].sort((a, b) => b - a));
    for (const entry of page.data) {
      assert.equal(typeof entry.type, 'string');
      assert.equal((await auth0.logs.get(entry.log_id)).log_id, entry.log_id);
    }
  });
  await check('logs: hold what this program did', async () => {
    const types = new Set((await all(auth0.logs.list({ per_page: 100 }))).map((entry) => entry.type));
    assert.ok(types.has('sapi'), `${[...types]}`);
  });
  await check('logs: listed bare', async () => assert.ok(Array.isArray((await auth0.logs.list({ include_totals: false })).response)));
  await check('logs: an unknown one is not there', () => missing(auth0.logs.get('nothing')));
}

async function stats() {
  await check('stats: daily', async () => {
    const day = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
    const days = await auth0.stats.getDaily({ from: day(6), to: day(0) });
    assert.ok(Array.isArray(days));
    for (const each of days) {
      date(each.date);
      for (const count of ['logins', 'signups', 'leaked_passwords']) assert.ok(Number.isInteger(each[count]), count);
    }
  });
  await check('stats: active users', async () => assert.ok(Number.isInteger(await auth0.stats.getActiveUsersCount())));
}

async function strangers() {
  await check('a wrong token is refused', () => {
    const stranger = new ManagementClient({ domain: DOMAIN, token: 'wrong' });
    return refused(stranger.clients.list(), Management.UnauthorizedError, 401, /token/i);
  });
  await check('a token of another API is refused', async () => {
    const { access_token } = await tokenFor(client, IDENTIFIER);
    const stranger = new ManagementClient({ domain: DOMAIN, token: access_token });
    await refused(stranger.clients.list(), Management.UnauthorizedError, 401, /./);
  });
  await check('a wrong secret gets no token', async () => {
    const stranger = new ManagementClient({ domain: DOMAIN, clientId: client.client_id, clientSecret: 'wrong' });
    await assert.rejects(stranger.clients.list(), (error) => error instanceof ManagementError && error.statusCode === 401 && error.body.error === 'access_denied');
  });
  await check('too few scopes: 403 that names what is missing', async () => {
    const { client_id, client_secret } = await auth0.clients.create({ name: 'Reader' });
    await auth0.clientGrants.create({ client_id, audience: MANAGEMENT, scope: ['read:clients'] });
    const reader = new ManagementClient({ domain: DOMAIN, clientId: client_id, clientSecret: client_secret });
    const seen = await reader.clients.get(client.client_id);
    assert.equal(seen.client_id, client.client_id);
    assert.ok(!('client_secret' in seen), 'read:clients alone shows no secret');
    const error = await refused(reader.clients.create({ name: 'No' }), Management.ForbiddenError, 403, /create:clients/);
    assert.equal(error.body.errorCode, 'insufficient_scope');
  });
}

async function ends() {
  await check('client grants: deleted, and the client gets no more tokens', async () => {
    await auth0.clientGrants.delete(grant.id);
    await missing(auth0.clientGrants.get(grant.id));
    await assert.rejects(tokenFor(client, IDENTIFIER), { statusCode: 403 });
  });
  await check('resource servers: deleted by identifier', async () => {
    await auth0.resourceServers.delete(IDENTIFIER);
    await missing(auth0.resourceServers.get(api.id));
    await missing(auth0.resourceServers.get(IDENTIFIER), /does not exist/);
    await refused(auth0.resourceServers.update(IDENTIFIER, { name: 'Gone' }), ManagementError, 404, /does not exist/);
  });
  await check('clients: deleted, with their grants', async () => {
    await auth0.clients.delete(client.client_id);
    const error = await missing(auth0.clients.get(client.client_id), /does not exist/);
    assert.equal(error.body.errorCode, 'inexistent_client');
    await refused(auth0.clients.update(client.client_id, { name: 'Gone' }), ManagementError, 404, /does not exist/);
    assert.deepEqual(await all(auth0.clientGrants.list({ client_id: client.client_id })), []);
  });
  await check('deleting what is gone is no error', async () => {
    await auth0.clients.delete(client.client_id);
    await auth0.resourceServers.delete(api.id);
    await auth0.clientGrants.delete(grant.id);
  });
}

async function limits() {
  const limited = (maxRetries) => new ManagementClient({ domain: LIMITED_DOMAIN, clientId: LIMITED_CLIENT_ID, clientSecret: LIMITED_CLIENT_SECRET, maxRetries });
  await check('too many requests: 429 that says when to come back', async () => {
    const hasty = limited(0);
    const error = await refused(
      (async () => {
        for (let n = 0; n < 50; n += 1) await hasty.clients.list();
      })(),
      Management.TooManyRequestsError,
      429,
      /./,
    );
    assert.equal(error.body.errorCode, 'too_many_requests');
    const { headers } = error.rawResponse;
    assert.match(headers.get('retry-after'), /^[1-9]\d*$/);
    for (const name of ['limit', 'remaining', 'reset']) assert.match(headers.get(`x-ratelimit-${name}`), /^\d+$/);
  });
  await check('too many requests: the package waits and tries again', async () => {
    const patient = limited();
    for (let n = 0; n < 6; n += 1) assert.ok((await patient.clients.list()).data.length > 0);
  });
}

for (const part of [clients, resourceServers, clientGrants, secrets, credentials, signingKeys, tenant, logs, stats, strangers, ends, limits]) {
  await part().catch((error) => check(`all of ${part.name}`, () => Promise.reject(error)));
}
process.exit(failed > 0 ? 1 : 0);
