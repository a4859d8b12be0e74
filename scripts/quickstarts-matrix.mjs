// Prints which Quickstart program passed which checks, and writes the same into README.md.
//   node scripts/quickstarts-matrix.mjs RESULTS.json RECIPES.json
// Ends with 1 if a program failed, or one that must not be skipped was, and with 2 if README.md said something else before.
import { readFileSync, writeFileSync } from 'node:fs';

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'HS256'];
const OPEN = '<!-- quickstarts: written by make quickstarts -->';
const CLOSE = '<!-- end of quickstarts -->';

const [results, recipes] = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')));
const skipped = [];
let failed = 0;

const protecting = recipes.filter(({ quickstart }) => quickstart.kind === 'protect');
const asking = recipes.filter(({ quickstart }) => quickstart.kind === 'ask');
const text = [
  table(['Protect your API', ...ALGORITHMS], protecting.map((recipe) => [title(recipe), ...ALGORITHMS.map((alg) => cell(recipe, alg))])),
  table(['Ask for a token', 'Checks'], asking.map((recipe) => [title(recipe), cell(recipe, 'any')])),
  notes().join('\n'),
].join('\n\n');
console.log(text);

const before = readFileSync('README.md', 'utf8');
const [head, , tail] = cut(before);
const after = `${head}${OPEN}\n\n${text}\n\n${CLOSE}${tail}`;
if (failed > 0) {
  console.error(`${failed} of the programs failed.`);
  process.exit(1);
}
if (skipped.length > 0) {
  console.error(`\n${skipped.length} skipped:\n${skipped.map((line) => `  ${line}`).join('\n')}`);
  if (process.env.QUICKSTARTS_NONE_SKIPPED) process.exit(1);
  console.error('README.md is left as it is, since not every program ran.');
} else if (after !== before) {
  writeFileSync('README.md', after);
  console.error('README.md said something else about the programs; it has been written anew.');
  process.exit(2);
}

/** What is known of a program under an algorithm; no cell is empty. */
function cell({ quickstart: { slug, title }, run, not_executed, unsupported }, alg) {
  if (unsupported[alg]) return `no [^${slug}-${alg}]`;
  if (not_executed) return `not executed [^${slug}]`;
  const found = results[slug]?.[alg];
  if (!found) {
    failed += 1;
    return 'has no tests';
  }
  if (found.skipped) {
    const line = `${title}: ${found.skipped} (needs ${run.needs.join(', ')})`;
    if (!skipped.includes(line)) skipped.push(line);
    return 'skipped';
  }
  if (found.failed > 0) {
    failed += 1;
    return `**${found.failed} failed**`;
  }
  return `✓ ${found.passed}`;
}

function title({ quickstart, library }) {
  return library && !quickstart.title.includes(library) ? `${quickstart.title} (${library})` : quickstart.title;
}

function notes() {
  return recipes.flatMap(({ quickstart: { slug }, not_executed, unsupported }) => [
    ...Object.entries(unsupported).map(([alg, { reason, instead }]) => `[^${slug}-${alg}]: ${reason} ${titleOf(instead)} does.`),
    ...(not_executed ? [`[^${slug}]: ${not_executed.reason}${not_executed.check ? ` Checked by \`${not_executed.check}\`.` : ''}`] : []),
  ]);
}

function titleOf(slug) {
  return recipes.find(({ quickstart }) => quickstart.slug === slug).quickstart.title;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function cut(readme) {
  const [head, rest, more] = readme.split(OPEN);
  const [inside, tail] = (rest ?? '').split(CLOSE);
  if (more !== undefined || tail === undefined) throw new Error(`README.md needs one part between ${OPEN} and ${CLOSE}`);
  return [head, inside, tail];
}
