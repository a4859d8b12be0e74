// Keys that change at the issuer, without a restart of the program. All programs at once: each waits half a minute
// between two looks at the issuer's keys.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startIssuer } from './issuer.mjs';
import { until } from './processes.mjs';
import { executed, reasonToSkip, start } from './programs.mjs';
import { get } from './protect.mjs';
import { goodClaims, newKey, token } from './tokens.mjs';

const audience = 'https://api.example/';
const scope = 'read:example';
const programs = executed('protect');
const running = {};

before(async () => {
  const runnable = programs.filter((slug) => !reasonToSkip(slug));
  await Promise.all(
    runnable.map(async (slug) => {
      const issuer = await startIssuer();
      running[slug] = { issuer, program: await start(slug, 'RS256', 'rotation', { issuer: issuer.url, audience, scope }) };
    }),
  );
});
after(async () => {
  for (const { issuer, program } of Object.values(running)) {
    await program.stop();
    await issuer.stop();
  }
});

describe('a key that takes the place of another', { concurrency: true }, () => {
  for (const slug of programs) {
    test(`${slug} RS256 takes tokens of the new key and no longer those of the old one`, { skip: reasonToSkip(slug) }, async () => {
      const { issuer, program } = running[slug];
      const forge = ({ kid, privateKey }) => token({ alg: 'RS256', kid }, goodClaims({ issuer: issuer.url, audience, scope }), privateKey);
      const statusOf = async (bearer) => (await get(program, 'private', bearer)).status;
      const old = issuer.key;
      // All programs fetch at once: on a busy machine one may lose patience with the issuer at first.
      await until(async () => (await statusOf(forge(old))) === 200, `${slug} takes the first key`);
      issuer.key = newKey('second');
      await until(async () => (await statusOf(forge(issuer.key))) === 200, `${slug} finds the new key`);
      assert.equal(await statusOf(forge(old)), 401);
    });
  }
});
