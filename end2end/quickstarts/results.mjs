// A reporter for Node's test runner: how many checks of each program and algorithm passed, failed, were skipped, as JSON.
// A check belongs to what its own name begins with, or that of a suite around it: `SLUG` or `SLUG ALG`.
import { executed } from './programs.mjs';
import { ALGORITHMS } from './tokens.mjs';

const slugs = [...executed('protect'), ...executed('ask')];

export default async function* results(events) {
  const names = {}; // by file, from the outermost suite to the test
  const cells = {};
  for await (const { type, data } of events) {
    if (type === 'test:start') {
      const path = (names[data.file] ??= []);
      path.length = data.nesting;
      path[data.nesting] = data.name;
    } else if ((type === 'test:pass' || type === 'test:fail') && (data.details?.type !== 'suite' || data.skip !== undefined)) {
      const [slug, alg] = cellOf([...names[data.file].slice(0, data.nesting), data.name]);
      if (!slug) continue;
      const cell = ((cells[slug] ??= {})[alg] ??= { passed: 0, failed: 0 });
      if (data.skip !== undefined) cell.skipped = data.skip || 'without a reason';
      else cell[type === 'test:pass' ? 'passed' : 'failed'] += 1;
    }
  }
  yield `${JSON.stringify(cells)}\n`;
}

function cellOf(names) {
  for (const name of names.reverse()) {
    const [first, second] = name.split(' ');
    if (slugs.includes(first)) return [first, ALGORITHMS.includes(second) ? second : 'any'];
  }
  return [];
}
