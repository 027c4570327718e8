// Runs the test suite and ends with one plain line: `N passed, N failed` (and `, N skipped`). In CI a skip is a failure.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';

const results = 'out/test-results.json';
mkdirSync('out', { recursive: true });
rmSync(results, { force: true });

const run = (args) => spawnSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status;
const lint = run(['node_modules/@biomejs/biome/bin/biome', 'check', '.']);
const types = run(['node_modules/typescript/bin/tsc', '-p', 'test']);
const vitest = run([
  'node_modules/vitest/vitest.mjs',
  'run',
  '--config',
  'test/vitest.config.ts',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${results}`,
  ...process.argv.slice(2),
]);

let report;
try {
  report = JSON.parse(readFileSync(results, 'utf8'));
} catch {
  console.log('the test run wrote no results\n0 passed, 1 failed');
  process.exit(1);
}
const skipped = report.numPendingTests + report.numTodoTests;
const strict = process.env.CI === 'true' || process.env.CI === '1';
const broken = report.testResults.filter((file) => file.status === 'failed' && !file.assertionResults.length).length;
const failed = report.numFailedTests + broken + (lint ? 1 : 0) + (types ? 1 : 0) + (strict ? skipped : 0);
if (lint) console.log('lint or format: see above; `npm run format` mends most of it');
if (strict && skipped) console.log(`${skipped} skipped tests count as failures in CI: .ci/run installs what they need`);
const passed = report.numPassedTests;
console.log(`${passed} passed, ${failed} failed${!strict && skipped ? `, ${skipped} skipped` : ''}`);
process.exit(failed || vitest || !passed ? 1 : 0);
