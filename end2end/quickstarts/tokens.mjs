// Tokens good and bad, written by hand: a library would refuse to make the bad ones.
import { constants, createHmac, generateKeyPairSync, sign as signWith } from 'node:crypto';

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** The algorithms that an API may choose. */
export const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'HS256'];

/** How keys of an algorithm are made. */
const KINDS = {
  RS256: ['rsa', { modulusLength: 2048 }],
  PS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  EdDSA: ['ed25519'],
};

/** A key pair with a key id. */
export function newKey(kid, alg = 'RS256') {
  return { kid, alg, ...generateKeyPairSync(...KINDS[alg]) };
}

/** Keys that no issuer knows. */
const STRANGERS = Object.fromEntries(Object.keys(KINDS).map((alg) => [alg, newKey('stranger', alg)]));

/** The public half of a key as it stands in a JWKS. */
export function toJwk({ kid, alg, publicKey }) {
  return { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg };
}

/** A token with this header and these claims; `key` is bytes for HS*, a private key for the others, nothing for an empty signature. */
export function token(header, claims, key) {
  const input = `${encode({ typ: 'JWT', ...header })}.${encode(claims)}`;
  return `${input}.${key ? signature(header.alg, input, key) : ''}`;
}

function signature(alg, input, key) {
  return signatureBytes(alg, Buffer.from(input), key).toString('base64url');
}

function signatureBytes(alg, input, key) {
  if (alg === 'EdDSA') return signWith(null, input, key);
  const hash = `sha${alg.slice(2)}`;
  switch (alg.slice(0, 2)) {
    case 'HS':
      return createHmac(hash, key).update(input).digest();
    case 'PS':
      return signWith(hash, input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST });
    case 'ES':
      return signWith(hash, input, { key, dsaEncoding: 'ieee-p1363' });
    default:
      return signWith(hash, input, key);
  }
}

/** The claims of a token that Tessera would issue. */
export function goodClaims({ issuer, audience, scope }) {
  const now = Math.floor(Date.now() / 1000);
  return { iss: issuer, sub: 'forged@clients', aud: audience, iat: now, exp: now + 600, azp: 'forged', gty: 'client-credentials', scope };
}

/**
 * Every bad token that a program must refuse, as [what is wrong, token].
 * `key` is what signs good tokens: { kid, secret } for HS256, { kid, privateKey, publicKey } for the others.
 */
export function badTokens(alg, key, values) {
  const good = goodClaims(values);
  const now = good.iat;
  const header = { alg, kid: key.kid };
  const signer = alg === 'HS256' ? key.secret : key.privateKey;
  const claims = (changes) => token(header, { ...good, ...changes }, signer);
  const stranger = { ...STRANGERS[alg === 'HS256' ? 'RS256' : alg], kid: key.kid };
  const whole = token(header, good, signer);
  const [head, body, mark] = whole.split('.');
  return [
    ['is expired', claims({ exp: now - 300 })],
    ['never expires', claims({ exp: undefined })],
    ['is not valid yet', claims({ nbf: now + 300 })],
    ['has another audience', claims({ aud: `${values.audience}other` })],
    ['has a list of other audiences', claims({ aud: ['https://a.example/', 'https://b.example/'] })],
    ['has no audience', claims({ aud: undefined })],
    ['has another issuer', claims({ iss: 'https://evil.example/' })],
    ['has the issuer without its slash', claims({ iss: values.issuer.slice(0, -1) })],
    ['has no issuer', claims({ iss: undefined })],
    ['has alg none and no signature', token({ ...header, alg: 'none' }, good)],
    ['has alg None and no signature', token({ ...header, alg: 'None' }, good)],
    ['has alg none and a good signature', `${encode({ ...header, alg: 'none' })}.${body}.${mark}`],
    ['has a good header and no signature', `${head}.${body}.`],
    ['has changed claims', `${head}.${encode({ ...good, scope: 'admin' })}.${mark}`],
    ['has a changed signature', `${head}.${body}.${mark[0] === 'A' ? 'B' : 'A'}${mark.slice(1)}`],
    ['names an extension as critical', token({ ...header, crit: ['x-unknown'], 'x-unknown': true }, good, signer)],
    ['has two parts', `${head}.${body}`],
    ['is cut off in its claims', whole.slice(0, head.length + body.length / 2)],
    ['is cut off in its signature', whole.slice(0, -8)],
    ['is no token', 'garbage'],
    ['is three dots of nothing', '..'],
    ...(alg === 'HS256' ? badWithSecret(header, good, stranger) : badWithKeys(header, good, key, stranger)),
  ];
}

function badWithKeys(header, good, key, stranger) {
  const pem = (type) => key.publicKey.export({ format: 'pem', type });
  const jwk = toJwk(stranger);
  const rsa = key.publicKey.asymmetricKeyType === 'rsa';
  const other = header.alg === 'RS256' ? 'PS256' : 'RS256';
  return [
    ['is signed by another key with the same key id', token(header, good, stranger.privateKey)],
    ['names an unknown key', token({ ...header, kid: 'unknown' }, good, stranger.privateKey)],
    ['brings its own key', token({ ...header, jwk }, good, stranger.privateKey)],
    ['is HS256 signed with the public key (SPKI)', token({ ...header, alg: 'HS256' }, good, pem('spki'))],
    ['is HS256 signed with the first number of the public key', token({ ...header, alg: 'HS256' }, good, Buffer.from(toJwk(key).n ?? toJwk(key).x, 'base64url'))],
    ...(rsa
      ? [
          ['is HS256 signed with the public key (PKCS #1)', token({ ...header, alg: 'HS256' }, good, pem('pkcs1'))],
          ['is RS512 signed by the right key', token({ ...header, alg: 'RS512' }, good, key.privateKey)],
          [`is ${other} signed by the right key`, token({ ...header, alg: other }, good, key.privateKey)],
        ]
      : [['is RS256', token({ ...header, alg: 'RS256' }, good, STRANGERS.RS256.privateKey)]]),
  ];
}

function badWithSecret(header, good, stranger) {
  return [
    ['is signed with another secret', token(header, good, 'another secret of sixty-four characters, made up for this one test')],
    ['is signed with an empty secret', token(header, good, Buffer.alloc(0))],
    ['names an unknown secret', token({ ...header, kid: 'unknown' }, good, 'another secret of sixty-four characters, made up for this one test')],
    ['names a secret that objects have anyway', token({ ...header, kid: 'constructor' }, good, 'function Object() { [native code] }')],
    ['names its secret by a list', token({ ...header, kid: [header.kid] }, good, 'another secret of sixty-four characters, made up for this one test')],
    ['is RS256', token({ ...header, alg: 'RS256' }, good, stranger.privateKey)],
  ];
}
