/** `chronovisor verify`: runs scenario files and says whether each went as it expects. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { debianCloud, findDebianCloud } from '../loader/debian/index.js';
import { fileStem, type RunPlan, reportFiles } from '../verify/scenario/index.js';
import { EXIT, UsageError } from './errors.js';
import { checkOutput, makeFolder, writeOutput } from './files.js';
import { cacheFolder } from './image.js';
import { integer } from './options.js';
import { DEBIAN, findFiles, type ImagePaths, imagePaths, readScenarios } from './scenario/find.js';
import { latencyTable } from './scenario/latency.js';
import type { Job, RunResult } from './scenario/messages.js';
import { runAll } from './scenario/pool.js';
import { progressOn } from './scenario/progress.js';
import { jsonOf, junitOf, type Suite } from './scenario/results.js';
import { summaryOf, tableOf } from './scenario/table.js';
import { verdictOf } from './scenario/verdict.js';
import { parseTraceLimit } from './trace-file.js';

interface VerifyOptions {
  report?: string;
  junit?: string;
  json?: string;
  trace?: string;
  traceLimit: string;
  jobs: string;
  fetch?: boolean;
  cache: string;
}

/** A worker that has not answered so long behind its run's limit is taken for hung. */
const GRACE = 30_000;
const MAX_JOBS = 64;

const err = (line: string): void => void process.stderr.write(`${line}\n`);

/** The image that the cache has, fetched where that was asked for; or why there is none. */
async function findDebian(options: VerifyOptions): Promise<{ kernel: string; initrd: string } | string> {
  if (options.fetch) {
    makeFolder(options.cache);
    return debianCloud({ cacheDir: options.cache, log: err });
  }
  const found = await findDebianCloud({ cacheDir: options.cache, log: err });
  return found ?? `${DEBIAN} is not in the cache (${options.cache}); --fetch gets it`;
}

const traceName = (folder: string, plan: RunPlan, index: number): string =>
  join(folder, `${fileStem(plan, index)}.pftrace`);

/** What each run needs, or why it is left out. */
async function prepare(plans: readonly RunPlan[], options: VerifyOptions): Promise<(Job | RunResult)[]> {
  const named = plans.some((p) => p.images.image === DEBIAN);
  const debian = named ? await findDebian(options) : '';
  const limit = parseTraceLimit(options.traceLimit);
  return plans.map((plan, i): Job | RunResult => {
    const trace = options.trace === undefined ? null : { path: traceName(options.trace, plan, i), limit };
    const paths: ImagePaths = imagePaths(plan);
    if (paths.image !== DEBIAN) return { plan, paths, trace };
    if (typeof debian === 'string') return { kind: 'skipped', text: debian };
    return { plan, paths: { ...paths, image: debian.kernel, initrd: paths.initrd ?? debian.initrd }, trace };
  });
}

async function runPlans(plans: readonly RunPlan[], jobs: number, options: VerifyOptions): Promise<RunResult[]> {
  const prepared = await prepare(plans, options);
  const results: RunResult[] = [];
  const indices: number[] = [];
  for (const [i, p] of prepared.entries()) {
    if ('kind' in p) results[i] = p;
    else indices.push(i);
  }
  const progress = progressOn(
    process.stderr,
    indices.map((i) => plans[i]!.title),
  );
  const notes: string[] = [];
  const made = await runAll(
    indices.map((i) => prepared[i] as Job),
    {
      jobs,
      worker: new URL('./scenario/worker.js', import.meta.url),
      grace: GRACE,
      onStart: (i) => progress.started(i),
      onProgress: (i, ns) => progress.at(i, ns),
      onNote: (text) => notes.push(text),
      onEnd: (i, result) => progress.ended(i, result),
    },
  );
  progress.close();
  for (const note of notes) err(`chronovisor: ${note}`);
  for (const [n, i] of indices.entries()) results[i] = made[n]!;
  return results;
}

function exitCodeOf(results: readonly RunResult[]): number {
  if (results.some((r) => verdictOf(r) === 'differs' || verdictOf(r) === 'failed')) return EXIT.failed;
  if (results.every((r) => r.kind === 'skipped')) {
    throw new UsageError('nothing was run: every scenario was skipped, for the reasons above');
  }
  return EXIT.ok;
}

async function verify(args: readonly string[], options: VerifyOptions): Promise<number> {
  const started = performance.now();
  const jobs = integer(options.jobs, '--jobs', 1, MAX_JOBS);
  const outputs = [options.junit, options.json].filter((path) => path !== undefined);
  for (const path of outputs) checkOutput(path);
  if (options.report !== undefined) {
    makeFolder(options.report);
    checkOutput(join(options.report, 'index.html'));
  }
  parseTraceLimit(options.traceLimit);
  if (options.trace !== undefined) {
    makeFolder(options.trace);
    checkOutput(join(options.trace, 'trace'));
  }
  const { plans, errors } = readScenarios(findFiles(args));
  for (const error of errors) err(error);
  if (errors.length) return EXIT.usage;
  const results = await runPlans(plans, jobs, options);
  const colour = process.stdout.isTTY && !process.env.NO_COLOR;
  const paint = (code: number, text: string): string => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
  for (const line of tableOf(plans, results, paint)) process.stdout.write(`${line}\n`);
  for (const line of latencyTable(plans, results)) process.stdout.write(`${line}\n`);
  process.stdout.write(`${summaryOf(results)}\n`);
  err(`took ${((performance.now() - started) / 1000).toFixed(1)} s`);
  const suite = { plans, results };
  if (options.json) writeOutput(options.json, jsonOf(suite));
  if (options.junit) writeOutput(options.junit, junitOf(suite));
  if (options.report) writeReport(options.report, suite);
  return exitCodeOf(results);
}

function writeReport(folder: string, { plans, results }: Suite): void {
  const runs = plans.map((plan, i) => {
    const result = results[i]!;
    const outcome = result.kind === 'done' ? result.outcome : null;
    return { plan, outcome, reason: result.kind === 'done' ? '' : result.text, failed: result.kind === 'failed' };
  });
  for (const { name, html } of reportFiles(runs, summaryOf(results))) writeOutput(join(folder, name), html);
  err(`report: ${join(folder, 'index.html')}`);
}

export function addVerify(program: Command): void {
  program
    .command('verify <paths...>')
    .description('run scenario files, or all *.yaml in folders, and compare with what they expect')
    .option('--report <folder>', 'write an HTML report: an overview and a page for each run')
    .option('--junit <file>', 'write the results as JUnit XML')
    .option('--json <file>', 'write the results as JSON')
    .option('--trace <folder>', 'write a trace of each run that ui.perfetto.dev opens')
    .option('--trace-limit <size>', 'stop tracing a run there', '64M')
    .option('--jobs <n>', 'runs at once', String(Math.min(availableParallelism(), MAX_JOBS)))
    .option('--fetch', 'fetch images that scenarios name and the cache does not have')
    .option('--cache <folder>', 'where images are kept', cacheFolder())
    .action(async (paths: string[], options: VerifyOptions) => {
      process.exitCode = await verify(paths, options);
    });
}
