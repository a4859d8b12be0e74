// Programs that our tests can't run: at least their compiler reads them, where there is one.
import { describe, test } from 'node:test';
import { HOSTILE } from './issuer.mjs';
import { must } from './processes.mjs';
import { notExecuted, reasonToSkip, render } from './programs.mjs';
import { ALGORITHMS } from './tokens.mjs';

describe('programs that are not executed', () => {
  for (const { quickstart, not_executed, unsupported } of notExecuted()) {
    const { slug } = quickstart;
    if (!not_executed.check) continue;
    const [command] = not_executed.check.split(' ');
    for (const alg of ALGORITHMS.filter((alg) => !unsupported[alg])) {
      test(`${slug} ${alg}: ${not_executed.check}`, { skip: reasonToSkip(slug, [command]) }, async () => {
        const values = { issuer: `https://issuer.example/${HOSTILE}/`, audience: `https://api.example/"${HOSTILE}`, scope: `read:${HOSTILE}` };
        const folder = await render(slug, alg, 'check', values);
        await must('sh', ['-c', not_executed.check], { cwd: folder });
      });
    }
  }
});
