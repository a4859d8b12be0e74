// Reads Playwright's JSON report: prints "PASSED FAILED", then a line for each failed test.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const failed = [];
const visit = (suite, path) => {
  for (const spec of suite.specs ?? []) {
    for (const test of spec.tests) {
      if (test.status === 'unexpected') failed.push([test.projectName, ...path, spec.title].join(' › '));
    }
  }
  for (const inner of suite.suites ?? []) visit(inner, [...path, inner.title]);
};
for (const file of report.suites) visit(file, [file.title]);
for (const error of report.errors) failed.push(error.message.split('\n')[0]);
console.log(report.stats.expected, report.stats.unexpected + report.stats.flaky + report.errors.length);
for (const line of failed) console.log(line);
