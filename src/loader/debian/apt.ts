// Fetches arm64 packages with the system's apt, its sources and its keyrings, but with a state and a cache of our own:
// nothing of the system is changed, no root is needed, and the system's own architecture does not matter.
import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FetchFailed } from './errors.js';

const execute = promisify(execFile);

const NAMED_PACKAGE = /^[a-z0-9][a-z0-9+.-]+$/;

/** An apt for arm64 under one directory. */
export interface Apt {
  /** Reads the package lists; the network is used. */
  update(): Promise<void>;
  /** The first package that `name` depends on and whose name matches; undefined where there is none. */
  dependency(name: string, pattern: RegExp): Promise<string | undefined>;
  /** Downloads packages into `into`; resolves to their file names in the order of `names`. */
  download(names: readonly string[], into: string): Promise<string[]>;
}

interface Failure {
  readonly code?: string | number;
  readonly stderr?: string;
  readonly message: string;
}

/** Last error or warning that apt printed, else its last line. */
export function aptReason(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const reason = lines.findLast((l) => l.startsWith('E:')) ?? lines.findLast((l) => l.startsWith('W:')) ?? lines.at(-1);
  return (reason ?? 'no message').replace(/^[EW]:\s*/, '').trim();
}

async function run(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  try {
    const { stdout, stderr } = await execute(program, args, { cwd, env, maxBuffer: 1 << 26 });
    return [stdout, stderr];
  } catch (error) {
    const failure = error as Failure;
    if (failure.code === 'ENOENT') {
      throw new FetchFailed(`${program} was not found, and Debian's kernel is fetched with it`);
    }
    throw new FetchFailed(`${program} ${args[0]}: ${aptReason(failure.stderr || failure.message)}`);
  }
}

/**
 * The configuration: the system's Acquire settings (proxies and the like) and none of its hooks, which could change it.
 * `acquire` is what `apt-config dump Acquire` prints; architecture, state and cache are ours.
 */
export function aptConfiguration(dir: string, acquire: string, suite?: string): string {
  return `${acquire}
Dir::Etc::parts "/dev/null";
Dir::Etc::main "/dev/null";
Dir::State "${dir}/state";
Dir::State::status "${dir}/state/status";
Dir::Cache "${dir}/cache";
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Sandbox::User "";
${suite === undefined ? '' : suiteConfiguration(dir, suite)}`;
}

const suiteConfiguration = (dir: string, suite: string): string => `Dir::Etc::sourcelist "${dir}/sources.list";
Dir::Etc::sourceparts "/dev/null";
APT::Default-Release "${suite}";
`;

/** Debian's own archive and the keys that sign it, for suites that this system's sources do not have. */
const ARCHIVE = 'http://deb.debian.org/debian';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The sources of a suite; backports need the suite that they are for. */
export function suiteSources(suite: string): string {
  const suites = [...new Set([suite.replace(/-backports$/, ''), suite])];
  return suites.map((name) => `deb [signed-by=${KEYRING}] ${ARCHIVE} ${name} main\n`).join('');
}

/**
 * Prepares an apt under `dir`, which must be an absolute path.
 * @param suite fetch from this suite of Debian's, not from the system's sources
 * Throws FetchFailed where this system has no apt.
 */
export async function openApt(dir: string, suite?: string): Promise<Apt> {
  if (/["\n]/.test(dir))
    throw new FetchFailed(`${JSON.stringify(dir)}: apt cannot use a path with a quote or a newline`);
  const env = { ...process.env, LC_ALL: 'C' };
  await mkdir(join(dir, 'state/lists/partial'), { recursive: true });
  await mkdir(join(dir, 'cache/archives/partial'), { recursive: true });
  await writeFile(join(dir, 'state/status'), '');
  const [acquire] = await run('apt-config', ['dump', 'Acquire'], dir, env);
  const config = join(dir, 'apt.conf');
  await writeFile(config, aptConfiguration(dir, acquire, suite));
  if (suite !== undefined) await writeFile(join(dir, 'sources.list'), suiteSources(suite));
  const aptEnv = { ...env, APT_CONFIG: config };

  return {
    async update() {
      const [, warnings] = await run('apt-get', ['-q', 'update'], dir, aptEnv);
      const lists = await readdir(join(dir, 'state/lists'));
      if (!lists.some((name) => name.includes('_Packages'))) {
        throw new FetchFailed(`apt-get update: ${warnings === '' ? 'no package list came' : aptReason(warnings)}`);
      }
    },
    async dependency(name, pattern) {
      // apt-cache fails for a name that no list has, which is an answer here.
      const [listing] = await run('apt-cache', ['depends', name], dir, aptEnv).catch(() => ['']);
      const depends = listing.matchAll(/^\s*\|?Depends:\s*(\S+)/gm);
      return [...depends].map((d) => d[1]).find((d) => NAMED_PACKAGE.test(d) && pattern.test(d));
    },
    async download(names, into) {
      await run('apt-get', ['-q', 'download', ...names], into, aptEnv);
      const files = await readdir(into);
      return names.map((name) => {
        const file = files.find((f) => f.startsWith(`${name}_`) && f.endsWith('.deb'));
        if (file === undefined) throw new FetchFailed(`apt-get download ${name}: it left no ${name}_*.deb`);
        return file;
      });
    },
  };
}

/** Unpacks a package's files into `into` with dpkg-deb; throws FetchFailed where it cannot. */
export async function unpackDeb(deb: string, into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  await run('dpkg-deb', ['-x', deb, into], into, process.env);
}

/** The bytes of an xz-compressed file, as Debian 13 and later ship kernel modules. */
export async function readXz(path: string): Promise<Uint8Array> {
  try {
    const { stdout } = await execute('xz', ['-dc', path], { encoding: 'buffer', maxBuffer: 1 << 28 });
    return stdout;
  } catch (error) {
    throw new FetchFailed(`xz -dc ${path}: ${aptReason((error as Failure).message)}`);
  }
}
