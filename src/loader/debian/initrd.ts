// Builds the test guest's initrd from unpacked packages: static busybox, self-test modules, cv-time, /init.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { readXz } from './apt.js';
import { type CpioEntry, writeCpio } from './cpio.js';
import { FetchFailed } from './errors.js';
import { DHCP_SCRIPT, INIT_SCRIPT } from './init-script.js';
import { closeModules, driverModules, moduleName, selfTestModules } from './modules.js';

/** Counts changes of the contents that are not in the script: cached initrds of another recipe are not used. */
export const INITRD_RECIPE = 4;

/** `cv-time`, the program that measures the kernel's clocks (guests/linux-time), prebuilt. */
export const TIME_PROGRAM = new URL('../../../guests/linux-time/linux-time.elf', import.meta.url);

const DIRECTORIES = ['bin', 'dev', 'etc', 'etc/udhcpc', 'lib', 'lib/modules', 'proc', 'sys', 'tmp'];

/** The first of `names` that is a directory of `root`; Debian 13 moved /lib and /bin below /usr. */
async function firstDirectory(root: string, names: readonly string[]): Promise<string> {
  for (const name of names) {
    const path = join(root, name);
    if ((await readdir(path).catch(() => [])).length > 0) return path;
  }
  throw new FetchFailed(`the package unpacked in ${root} has none of ${names.join(', ')}`);
}

/** Every module's path below /lib/modules/VERSION, without a compression suffix, and the file that has it. */
async function listModules(root: string): Promise<Map<string, string>> {
  const files = await readdir(root, { recursive: true });
  const modules = files.filter((f) => /\.ko(\.xz)?$/.test(f));
  return new Map(modules.map((f) => [f.replace(/\.xz$/, ''), join(root, f)]));
}

function parents(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}

/**
 * The gzip'ed cpio archive. `kernelRoot` and `busyboxRoot` are the directories of the unpacked packages.
 * The same packages give the same bytes.
 */
export async function buildInitrd(kernelRoot: string, busyboxRoot: string): Promise<Uint8Array> {
  const releases = await firstDirectory(kernelRoot, ['lib/modules', 'usr/lib/modules']);
  const release = (await readdir(releases))[0];
  const available = await listModules(join(releases, release));
  const paths = [...available.keys()];
  const wanted = selfTestModules(paths);
  const drivers = driverModules(paths);

  const bytes = new Map<string, Uint8Array>();
  for (const [path, file] of available) {
    if (!/^kernel\/(arch|crypto|lib|net\/core|drivers\/(virtio|block|char))\/|^kernel\/drivers\/net\/[^/]+$/.test(path))
      continue;
    bytes.set(path, file.endsWith('.xz') ? await readXz(file) : await readFile(file));
  }
  const { modules, modulesDep } = closeModules([...bytes.keys()], [...wanted, ...drivers], (path) => bytes.get(path)!);

  const home = `lib/modules/${release}`;
  const folders = new Set([home, ...modules.flatMap((m) => parents(`${home}/${m.path}`))]);
  const busybox = await readFile(join(await firstDirectory(busyboxRoot, ['bin', 'usr/bin']), 'busybox'));
  const text = (content: string): Uint8Array => new TextEncoder().encode(content);
  const entries: CpioEntry[] = [
    ...DIRECTORIES.map((path): CpioEntry => ({ kind: 'directory', path })),
    { kind: 'character', path: 'dev/console', major: 5, minor: 1 },
    { kind: 'file', path: 'init', data: text(INIT_SCRIPT), mode: 0o755 },
    { kind: 'file', path: 'etc/udhcpc/default.script', data: text(DHCP_SCRIPT), mode: 0o755 },
    { kind: 'file', path: 'bin/busybox', data: busybox, mode: 0o755 },
    { kind: 'file', path: 'bin/cv-time', data: await readFile(TIME_PROGRAM), mode: 0o755 },
    { kind: 'file', path: 'etc/modules', data: text(`${wanted.map(moduleName).join('\n')}\n`) },
    { kind: 'file', path: 'etc/drivers', data: text(`${drivers.map(moduleName).join('\n')}\n`) },
    ...[...folders]
      .filter((path) => !DIRECTORIES.includes(path))
      .sort()
      .map((path): CpioEntry => ({ kind: 'directory', path })),
    ...modules.map((m): CpioEntry => ({ kind: 'file', path: `${home}/${m.path}`, data: m.data })),
    { kind: 'file', path: `${home}/modules.dep`, data: text(modulesDep) },
  ];
  return promisify(gzip)(writeCpio(entries), { level: 9 });
}
