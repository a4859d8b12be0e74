// How a client proves itself, by a secret or by a key, and how that looks when it is done right.
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { HOSTILE } from './issuer.mjs';
import { must } from './processes.mjs';

/** Characters that forms, Basic headers, shells and languages write in ways of their own. */
const SPECIAL = `+ &=%"'\\é:/;?$HOME-${HOSTILE}`;
/** What the program is told, and must tell the server. */
export const CLIENT_ID = `client${SPECIAL}`;
export const AUDIENCE = `https://orders.example/${SPECIAL}`;
/** The part of the secret that would survive any encoding. */
export const PLAIN = '7yVfKq0w';
/** The secret. */
export const SECRET = `${PLAIN}${SPECIAL}`;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** How a client proves itself by its secret. */
export const bySecret = {
  variable: 'CLIENT_SECRET',
  /** What Tessera says of a wrong one. */
  refusal: /access_denied/,
  async forTests() {
    return { env: { CLIENT_SECRET: SECRET }, hidden: PLAIN };
  },
  async forTessera(tessera, client) {
    return { right: { CLIENT_SECRET: client.client_secret }, wrong: { CLIENT_SECRET: 'wrong-secret-of-the-client' } };
  },
  check({ headers, body }) {
    const form = new URLSearchParams(body);
    const [scheme, pair] = (headers.authorization ?? '').split(' ');
    // RFC 6749 section 2.3.1: in the header both are form-encoded, in the body all of it is.
    const decode = (text) => new URLSearchParams(`x=${text}`).get('x');
    const inHeader = scheme === 'Basic' && Buffer.from(pair, 'base64').toString().split(':').map(decode);
    assert.deepEqual(inHeader || [form.get('client_id'), form.get('client_secret')], [CLIENT_ID, SECRET]);
    assert.ok(!inHeader || !form.has('client_secret'), 'one method a request');
  },
};

/** How a client proves itself by its private key. */
export const byKey = {
  variable: 'PRIVATE_KEY_FILE',
  refusal: /invalid_client/,
  async forTests(folder) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const file = path.join(folder, 'private.pem');
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
    await writeFile(file, pem);
    return { env: { PRIVATE_KEY_FILE: file }, hidden: pem.split('\n')[1], publicKey };
  },
  /** As the steps of the quickstart say. */
  async forTessera(tessera, { client_id }, folder) {
    for (const name of ['private', 'stranger']) {
      await must('sh', ['-c', `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${name}.pem`], { cwd: folder });
    }
    await must('sh', ['-c', 'openssl pkey -in private.pem -pubout -out public.pem'], { cwd: folder });
    await tessera.command('client', 'key', 'add', '--client-id', client_id, '--name', 'Laptop', '--file', path.join(folder, 'public.pem'));
    await tessera.command('client', 'auth', '--client-id', client_id, '--method', 'private_key_jwt', '--method', 'client_secret_post');
    return { right: { PRIVATE_KEY_FILE: path.join(folder, 'private.pem') }, wrong: { PRIVATE_KEY_FILE: path.join(folder, 'stranger.pem') } };
  },
  check({ body }, { publicKey }, { issuer }) {
    const form = new URLSearchParams(body);
    assert.equal(form.get('client_assertion_type'), ASSERTION_TYPE);
    const [header, claims, signature] = form.get('client_assertion').split('.');
    const read = (part) => JSON.parse(Buffer.from(part, 'base64url'));
    assert.equal(read(header).alg, 'ES256');
    const key = { key: createPublicKey(publicKey.export({ format: 'pem', type: 'spki' })), dsaEncoding: 'ieee-p1363' };
    assert.ok(verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url')), 'the signature holds');
    const { iss, sub, aud, iat, exp, jti } = read(claims);
    assert.deepEqual({ iss, sub, aud }, { iss: CLIENT_ID, sub: CLIENT_ID, aud: issuer });
    assert.ok(exp > iat && exp - iat <= 300 && Math.abs(iat - Date.now() / 1000) < 60, `from ${iat} to ${exp}`);
    assert.ok(typeof jti === 'string' && jti.length >= 16, `jti is ${jti}`);
    return jti;
  },
};
