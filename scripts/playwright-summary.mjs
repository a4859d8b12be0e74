// Reads Playwright's JSON report: prints "PASSED FAILED", then for each failed test a line with its name and some that say why.
import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const failed = [];
/** The first lines of an error, without colours. */
const reason = ({ message = '' }) => {
  const lines = stripVTControlCharacters(message).split('\n').filter((line) => line.trim());
  return lines.slice(0, 8).map((line) => `  ${line.slice(0, 300)}`);
};
const visit = (suite, path) => {
  for (const spec of suite.specs ?? []) {
    for (const test of spec.tests) {
      if (test.status !== 'unexpected') continue;
      failed.push([test.projectName, ...path, spec.title].join(' › '));
      for (const { errors } of test.results) failed.push(...errors.flatMap(reason));
    }
  }
  for (const inner of suite.suites ?? []) visit(inner, [...path, inner.title]);
};
for (const file of report.suites) visit(file, [file.title]);
for (const error of report.errors) failed.push(error.message.split('\n')[0]);
console.log(report.stats.expected, report.stats.unexpected + report.stats.flaky + report.errors.length);
for (const line of failed) console.log(line);
