/** From the command's arguments to the runs of all their scenario files. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { RunPlan } from '../../verify/scenario/index.js';
import { UsageError } from '../errors.js';
import { readInput } from '../files.js';
import { readScenario } from './text.js';
import { MAX_SCENARIO } from './yaml.js';

/** An image that the cache has by name instead of a file. */
export const DEBIAN = 'debian-cloud';

const MAX_FILES = 10_000;
const SUFFIX = /\.ya?ml$/;

/** Scenario files, in the order of the arguments and by name within folders; each once. */
export function findFiles(args: readonly string[]): string[] {
  const files = new Map<string, string>();
  for (const arg of args) {
    const found = statSync(arg).isDirectory() ? inFolder(arg) : [arg];
    for (const file of found) if (!files.has(realpathSync(file))) files.set(realpathSync(file), file);
    if (files.size > MAX_FILES) throw new UsageError(`${arg}: more than ${MAX_FILES} scenario files; name fewer`);
  }
  return [...files.values()];
}

function inFolder(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && SUFFIX.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (!files.length) throw new UsageError(`${folder}: no scenario in it; scenario files end in .yaml`);
  return files;
}

/** Paths of a run's images. */
export interface ImagePaths {
  readonly image: string;
  readonly initrd: string | null;
  readonly dtb: string | null;
}

/** Where a plan's image names lead; `debian-cloud` stays a name. */
export function imagePaths({ file, images }: RunPlan): ImagePaths {
  const path = (name: string | null): string | null => name && resolve(dirname(file), name);
  const image = images.image === DEBIAN ? DEBIAN : path(images.image)!;
  return { image, initrd: path(images.initrd), dtb: path(images.dtb) };
}

function missingImage(plan: RunPlan): string | null {
  const { image, initrd, dtb } = imagePaths(plan);
  for (const path of [image, initrd, dtb]) {
    if (path === null || path === DEBIAN) continue;
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return `image ${path}: no such file; names are relative to the scenario's file`;
    if (!stat.isFile()) return `image ${path}: is not a regular file`;
  }
  return null;
}

/** All runs of the files, or one line for each mistake in them. */
export function readScenarios(files: readonly string[]): { plans: RunPlan[]; errors: string[] } {
  const plans: RunPlan[] = [];
  const errors: string[] = [];
  for (const file of files) {
    const bytes = readInput(file);
    if (bytes.length > MAX_SCENARIO) {
      errors.push(`${file}:1: ${bytes.length} bytes; a scenario has at most ${MAX_SCENARIO}; split it`);
      continue;
    }
    const parsed = readScenario(new TextDecoder().decode(bytes), file);
    if ('problems' in parsed) {
      errors.push(...parsed.problems.map(({ line, text }) => `${file}:${line}: ${text}`));
      continue;
    }
    const missing = new Set(parsed.runs.map(missingImage).filter((m) => m !== null));
    errors.push(...[...missing].map((m) => `${file}:${parsed.runs[0]!.line}: ${m}`));
    plans.push(...parsed.runs);
  }
  return { plans, errors };
}
