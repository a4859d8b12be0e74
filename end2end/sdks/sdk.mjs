// An SDK's program, run against real servers; each line that it prints is a check, and counts as one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missing, run } from '../quickstarts/processes.mjs';
import { startTessera } from '../quickstarts/tessera.mjs';
import { createAuthority } from './authority.mjs';

/** Burst, and requests a second: more than any program sends. */
const PLENTY = '100000/100000';
/** Few enough for some calls in a row to come to the end of it, and refilled fast enough for an SDK's own second try to succeed. */
const SCARCE = '4/2';

/**
 * Declares the tests of a program. `needs` are the commands that it takes; `prepare` makes it ready and answers how it is started, and
 * what to do when it has ended.
 */
export function walks(name, { needs, prepare }) {
  // In CI everything is there, so whatever is not fails.
  const skip = !process.env.QUICKSTARTS_NONE_SKIPPED && missing(['openssl', ...needs]);
  test(name, { skip, timeout: 600_000 }, async (t) => {
    const undo = [];
    try {
      const program = await prepare();
      undo.push(() => program.dispose?.());
      const authority = await createAuthority();
      undo.push(authority.dispose);
      const env = { PATH: process.env.PATH, HOME: process.env.HOME };
      for (const place of ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE']) env[place] = authority.ca;
      for (const [prefix, rate] of [['', PLENTY], ['LIMITED_', SCARCE]]) {
        const server = await startTessera({ authority, settings: { TESSERA_MANAGEMENT_RATE: rate } });
        undo.push(server.stop);
        const { client_id, client_secret } = await server.createManager('SDK');
        Object.assign(env, { [`${prefix}DOMAIN`]: new URL(server.issuer).host, [`${prefix}CLIENT_ID`]: client_id, [`${prefix}CLIENT_SECRET`]: client_secret });
      }
      const { code, stdout, stderr } = await run(program.command, program.args, { env });
      const lines = [...stdout.matchAll(/^(ok|not ok) (.*)$/gm)];
      // What went wrong follows the name of the check.
      for (const [, verdict, words] of lines) await t.test(words, () => assert.equal(verdict, 'ok', words));
      assert.ok(lines.length > 0, `it printed no check:\n${stderr}`);
      // One that breaks off is not taken for one that found nothing wrong.
      assert.equal(code, lines.some(([, verdict]) => verdict !== 'ok') ? 1 : 0, `it ended with ${code}:\n${stderr}`);
    } finally {
      for (const step of undo.reverse()) await step();
    }
  });
}
