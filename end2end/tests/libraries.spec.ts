import { once } from 'node:events';
import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { auth } from 'express-oauth2-jwt-bearer';
import { decodeJwt, exportJWK, exportPKCS8, generateKeyPair } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { ALGORITHMS, type Client, Tessera } from '../support/tessera.ts';
import { expect, test } from '../support/test.ts';

// Libraries that were written for other servers, unmodified: they find everything by the discovery document.

const audience = 'https://orders.example/';
const insecure = { [oauth.allowInsecureRequests]: true };
const KEY_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];
const SECRET_METHODS = ['ClientSecretBasic', 'ClientSecretPost'] as const;

interface Shop {
  as: oauth.AuthorizationServer;
  client: Client;
  signingSecret?: string;
}

/** An API and a client that is authorized for it. */
async function open(tessera: Tessera, algorithm: (typeof ALGORITHMS)[number], dialect = 'access_token', ...more: '--require-dpop'[]): Promise<Shop> {
  const create = ['--name', 'Orders', '--identifier', audience, '--signing-alg', algorithm, '--token-dialect', dialect, '--scope', 'read:orders', ...more];
  const api = await tessera.cliJson<{ signing_secret?: string }>('api', 'create', ...create);
  const client = await tessera.createClient('Billing worker');
  await tessera.createGrant(client.client_id, audience, 'all');
  await expect.poll(async () => (await tessera.requestToken(client, audience)).status).toBe(more.length ? 400 : 200);
  const issuer = new URL(tessera.issuer);
  const found = await oauth.discoveryRequest(issuer, { ...insecure, algorithm: 'oauth2' });
  return { as: await oauth.processDiscoveryResponse(issuer, found), client, signingSecret: api.signing_secret };
}

/** Gives the client a key pair of its own and takes its secrets' methods away. */
async function withKey(tessera: Tessera, { client_id }: Client, algorithm: KeyAlgorithm): Promise<CryptoKeyPair & { pem: string; kid: string }> {
  const pair = (await generateKeyPair(algorithm, { extractable: true })) as CryptoKeyPair;
  const file = path.join(await mkdtemp(path.join(tmpdir(), 'tessera-key-')), 'public.jwk');
  await writeFile(file, JSON.stringify({ ...(await exportJWK(pair.publicKey)), alg: algorithm }));
  const { kid } = await tessera.cliJson<{ kid: string }>('client', 'key', 'add', '--client-id', client_id, '--name', 'Test', '--file', file);
  await tessera.cliJson('client', 'auth', '--client-id', client_id, '--method', 'private_key_jwt', '--strict');
  return { ...pair, pem: await exportPKCS8(pair.privateKey), kid };
}

async function ask({ as, client }: Shop, authentication: oauth.ClientAuth, DPoP?: oauth.DPoPHandle): Promise<oauth.TokenEndpointResponse> {
  const { client_id } = client;
  const answer = await oauth.clientCredentialsGrantRequest(as, { client_id }, authentication, { audience }, { ...insecure, DPoP });
  return oauth.processClientCredentialsResponse(as, { client_id }, answer);
}

for (const method of SECRET_METHODS) {
  test(`oauth4webapi asks by ${method}`, { tag: '@once' }, async ({ tessera }) => {
    const shop = await open(tessera, 'RS256');
    expect(await ask(shop, oauth[method](shop.client.client_secret))).toMatchObject({ token_type: 'bearer', scope: 'read:orders' });
  });
}

for (const algorithm of KEY_ALGORITHMS) {
  test(`oauth4webapi and openid-client ask by private_key_jwt with ${algorithm}`, { tag: '@once' }, async ({ tessera }) => {
    const shop = await open(tessera, 'RS256');
    const { client_id } = shop.client;
    const { privateKey, kid } = await withKey(tessera, shop.client, algorithm);
    expect(shop.as.token_endpoint_auth_methods_supported).toContain('private_key_jwt');
    // Another process changed this: the server honours it within a second.
    await expect.poll(async () => (await tessera.requestToken(shop.client, audience)).status).toBe(401);
    expect(await ask(shop, oauth.PrivateKeyJwt({ key: privateKey, kid }))).toMatchObject({ token_type: 'bearer' });
    const config = await openid.discovery(new URL(tessera.issuer), client_id, undefined, openid.PrivateKeyJwt({ key: privateKey, kid }), {
      execute: [openid.allowInsecureRequests],
    });
    expect(await openid.clientCredentialsGrant(config, { audience })).toMatchObject({ token_type: 'bearer', scope: 'read:orders' });
  });
}

for (const algorithm of KEY_ALGORITHMS) {
  test(`oauth4webapi validates an ${algorithm} token of the dialect of RFC 9068`, { tag: '@once' }, async ({ tessera }) => {
    const shop = await open(tessera, algorithm, 'rfc9068_profile');
    const { access_token } = await ask(shop, oauth.ClientSecretBasic(shop.client.client_secret));
    const request = new Request('https://orders.example/', { headers: { authorization: `Bearer ${access_token}` } });
    const claims = await oauth.validateJwtAccessToken(shop.as, request, audience, { ...insecure, signingAlgorithms: [algorithm === 'EdDSA' ? 'Ed25519' : algorithm, algorithm] });
    expect(claims).toMatchObject({ client_id: shop.client.client_id, scope: 'read:orders' });
    expect(claims.jti).toMatch(/^\w{22}$/);
  });
}

for (const algorithm of ALGORITHMS) {
  for (const dialect of ['access_token', 'rfc9068_profile']) {
    const strict = dialect === 'rfc9068_profile';
    test(`express-oauth2-jwt-bearer takes ${algorithm} tokens of the dialect ${dialect}${strict ? ', strict' : ''}`, { tag: '@once' }, async ({ tessera }) => {
      const shop = await open(tessera, algorithm, dialect);
      const { access_token } = await ask(shop, oauth.ClientSecretBasic(shop.client.client_secret));
      const how = shop.signingSecret ? { issuer: tessera.issuer, secret: shop.signingSecret } : { issuerBaseURL: tessera.issuer };
      const check = auth({ ...how, audience, tokenSigningAlg: algorithm, strict });
      const status = await guarded(check, access_token);
      expect(status).toBe(200);
      expect(await guarded(auth({ ...how, audience: 'https://other.example/', tokenSigningAlg: algorithm, strict }), access_token)).toBe(401);
    });
  }
}

/** The ways in which a client proves itself, with what a library needs for it. */
async function everyWay<T>(tessera: Tessera, { client }: Shop, library: Record<(typeof SECRET_METHODS)[number], (secret: string) => T> & { PrivateKeyJwt: (key: oauth.PrivateKey) => T }, use: (way: T) => Promise<void>): Promise<void> {
  for (const method of SECRET_METHODS) await use(library[method](client.client_secret));
  const { privateKey, kid } = await withKey(tessera, client, 'ES256');
  await expect.poll(async () => (await tessera.requestToken(client, audience)).status).toBe(401);
  await use(library.PrivateKeyJwt({ key: privateKey, kid }));
}

for (const algorithm of KEY_ALGORITHMS) {
  test(`oauth4webapi and openid-client ask with DPoP by ${algorithm}`, { tag: '@once' }, async ({ tessera }) => {
    const shop = await open(tessera, 'RS256', 'access_token', '--require-dpop');
    const { client_id } = shop.client;
    expect(shop.as.dpop_signing_alg_values_supported).toContain(algorithm);
    const keys = await oauth.generateKeyPair(algorithm === 'EdDSA' ? 'Ed25519' : algorithm);
    const handle = oauth.DPoP({}, keys);
    await expect(ask(shop, oauth.ClientSecretBasic(shop.client.client_secret))).rejects.toMatchObject({ error: 'invalid_dpop_proof', status: 400 });
    await everyWay(tessera, shop, oauth, async (way) => {
      const answer = await ask(shop, way, handle);
      expect(answer).toMatchObject({ token_type: 'dpop', scope: 'read:orders' });
      expect(decodeJwt(answer.access_token).cnf).toEqual({ jkt: await handle.calculateThumbprint() });
      const config = await openid.discovery(new URL(tessera.issuer), client_id, undefined, way, { execute: [openid.allowInsecureRequests] });
      const DPoP = openid.getDPoPHandle(config, keys);
      expect(await openid.clientCredentialsGrant(config, { audience }, { DPoP })).toMatchObject({ token_type: 'dpop', scope: 'read:orders' });
    });
  });
}

test('oauth4webapi and openid-client repeat a request with the nonce that they are asked for', { tag: '@once' }, async () => {
  const tessera = await Tessera.start({ TESSERA_DPOP_NONCE: 'required' });
  try {
    const shop = await open(tessera, 'RS256');
    const { client_id } = shop.client;
    const keys = await oauth.generateKeyPair('ES256');
    await everyWay(tessera, shop, oauth, async (way) => {
      const DPoP = oauth.DPoP({}, keys);
      const first = await ask(shop, way, DPoP).catch((error: unknown) => error);
      expect(oauth.isDPoPNonceError(first)).toBe(true);
      for (const _ of ['repeated', 'with the nonce of the last answer']) expect(await ask(shop, way, DPoP)).toMatchObject({ token_type: 'dpop' });
      const config = await openid.discovery(new URL(tessera.issuer), client_id, undefined, way, { execute: [openid.allowInsecureRequests] });
      const handle = openid.getDPoPHandle(config, keys);
      expect(await openid.clientCredentialsGrant(config, { audience }, { DPoP: handle })).toMatchObject({ token_type: 'dpop' });
    });
  } finally {
    await tessera.dispose();
  }
});

for (const algorithm of KEY_ALGORITHMS) {
  test(`oauth4webapi and express-oauth2-jwt-bearer take bound ${algorithm} tokens with a proof by their key only`, { tag: '@once' }, async ({ tessera }) => {
    const shop = await open(tessera, algorithm, 'rfc9068_profile', '--require-dpop');
    const keys = await oauth.generateKeyPair('ES256');
    const { access_token } = await ask(shop, oauth.ClientSecretPost(shop.client.client_secret), oauth.DPoP({}, keys));
    const guards: Record<string, RequestHandler> = {
      oauth4webapi: (request, response, next) => {
        const url = `http://${request.headers.host}${request.url}`;
        const validated = oauth.validateJwtAccessToken(shop.as, new Request(url, { headers: request.headers as Record<string, string> }), audience, { ...insecure, requireDPoP: true });
        validated.then(() => next(), () => void response.sendStatus(401));
      },
      'express-oauth2-jwt-bearer': auth({ issuerBaseURL: tessera.issuer, audience, tokenSigningAlg: algorithm, strict: true }),
    };
    for (const [library, guard] of Object.entries(guards)) {
      const statuses = await withServer(guard, async (url) => {
        const call = async (keys: CryptoKeyPair): Promise<number> => {
          const DPoP = oauth.DPoP({}, keys);
          const answer = oauth.protectedResourceRequest(access_token, 'GET', url, undefined, undefined, { ...insecure, DPoP });
          return answer.then(({ status }) => status, (error: { status: number }) => error.status);
        };
        const asBearer = await fetch(url, { headers: { authorization: `Bearer ${access_token}` } });
        return [await call(keys), await call(await oauth.generateKeyPair('ES256')), asBearer.status];
      });
      expect(statuses, library).toEqual([200, 401, 401]);
    }
  });
}

for (const algorithm of KEY_ALGORITHMS) {
  test(`Authlib asks by basic, post and private_key_jwt, and joserfc verifies ${algorithm}`, { tag: '@once' }, async ({ tessera }) => {
    const shop = await open(tessera, algorithm);
    const run = (input: object): Promise<Record<string, unknown>> => python('libraries.py', { issuer: tessera.issuer, audience, algorithm, ...shop.client, ...input });
    for (const method of ['client_secret_basic', 'client_secret_post']) {
      expect(await run({ method })).toMatchObject({ aud: audience, azp: shop.client.client_id, scope: 'read:orders' });
    }
    const { pem, kid } = await withKey(tessera, shop.client, algorithm);
    await expect.poll(async () => (await tessera.requestToken(shop.client, audience)).status).toBe(401);
    expect(await run({ method: 'private_key_jwt', client_secret: pem, kid })).toMatchObject({ aud: audience, scope: 'read:orders' });
  });
}

/** The status with which a server behind this guard answers to a request with this token. */
function guarded(guard: RequestHandler, token: string): Promise<number> {
  return withServer(guard, async (url) => (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status);
}

/** Lets `use` call a server behind this guard. */
async function withServer<T>(guard: RequestHandler, use: (url: URL) => Promise<T>): Promise<T> {
  const app = express();
  app.get('/', guard, (_, response) => void response.sendStatus(200));
  const refuse: ErrorRequestHandler = (error: { status?: number }, _, response, _next) => void response.sendStatus(error.status ?? 500);
  const server = app.use(refuse).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    return await use(new URL(`http://127.0.0.1:${port}/`));
  } finally {
    server.close();
  }
}

/** Runs a script of `support` with the Python that the set-up has prepared; it takes and gives JSON. */
function python(script: string, input: object): Promise<Record<string, unknown>> {
  const command = process.env.TESSERA_TEST_PYTHON ?? 'python3';
  return new Promise((resolve, reject) => {
    const child = execFile(command, [path.resolve(import.meta.dirname, '../support', script)], { timeout: 30_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr || error.message));
      else resolve(JSON.parse(stdout) as Record<string, unknown>);
    });
    child.stdin?.end(JSON.stringify(input));
  });
}
