import { execFile } from 'node:child_process';
import path from 'node:path';
import { createRemoteJWKSet, jwtVerify, type JWTPayload } from 'jose';
import type { Algorithm } from './tessera.ts';

/** How a token is checked, as an API would be told by its Quickstart: the signing secret for HS256, the JWKS address for the others. */
export interface Check {
  token: string;
  issuer: string;
  audience: string;
  algorithm: Algorithm;
  jwksUrl?: string;
  signingSecret?: string;
}

/** Verifies with jose and answers the claims; throws when the token is not valid. */
export async function verifyWithJose({ token, issuer, audience, algorithm, jwksUrl, signingSecret }: Check): Promise<JWTPayload> {
  const options = { issuer, audience, algorithms: [algorithm] };
  if (algorithm !== 'HS256') {
    if (!jwksUrl) throw new Error(`${algorithm} needs jwksUrl`);
    return (await jwtVerify(token, createRemoteJWKSet(new URL(jwksUrl)), options)).payload;
  }
  if (!signingSecret) throw new Error('HS256 needs signingSecret');
  return (await jwtVerify(token, new TextEncoder().encode(signingSecret), options)).payload;
}

/** Verifies with PyJWT and answers the claims; throws when the token is not valid. */
export async function verifyWithPyJwt(check: Check): Promise<JWTPayload> {
  const python = process.env.TESSERA_TEST_PYTHON ?? 'python3';
  const script = path.resolve(import.meta.dirname, 'verify.py');
  return new Promise((resolve, reject) => {
    const child = execFile(python, [script], { timeout: 20_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr || error.message));
      else resolve(JSON.parse(stdout) as JWTPayload);
    });
    child.stdin?.end(JSON.stringify(check));
  });
}
