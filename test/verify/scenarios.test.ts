/** The scenario suite and the demo's scenarios, all but the long ones, as `chronovisor verify` runs them. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { findFiles, readScenarios } from '../../src/cli/scenario/find.js';
import { chronovisor } from '../cli/cli.js';
import { debian } from '../linux/debian.js';
import { ROOT } from '../support/machine.js';

const files = findFiles([join(ROOT, 'demo'), join(ROOT, 'test/scenarios')]).filter((f) => !f.includes('/long/'));
const { plans, errors } = readScenarios(files);
const json = join(ROOT, 'out/scenarios.json');

interface Run {
  readonly title: string;
  readonly file: string;
  readonly result: string;
  readonly reason?: string;
  readonly differences?: object[];
}
let runs: Run[] = [];
let image: Awaited<ReturnType<typeof debian>>;

beforeAll(async () => {
  image = await debian();
  // Results of a run before must not stand for this one's.
  rmSync(json, { force: true });
  const cache = process.env.CHRONOVISOR_CACHE ?? join(ROOT, 'out/cache');
  const { status, stderr } = await chronovisor(['verify', ...files, '--json', json, '--cache', cache], { limit: 570 });
  if ((status !== 0 && status !== 1) || !existsSync(json)) throw new Error(`status ${status}: ${stderr}`);
  runs = JSON.parse(readFileSync(json, 'utf8')).runs;
}, 600_000);

test('the files are scenarios', () => {
  expect(errors).toEqual([]);
  expect(plans.length).toBeGreaterThan(25);
});

describe.each(files.map((file) => relative(ROOT, file)))('%s', (file) => {
  const own = plans.filter((plan) => relative(ROOT, plan.file) === file);
  test.for(own.map((plan) => plan.title))('%s', (title, { skip }) => {
    const run = runs.find((r) => r.title === title && relative(ROOT, r.file) === file);
    if (run?.result === 'skipped' && !image.image) skip(run.reason);
    expect(run).toMatchObject({ result: 'as expected', differences: [] });
  });
});
