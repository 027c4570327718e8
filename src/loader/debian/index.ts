// Debian's arm64 cloud kernel and a busybox initrd that tests it, fetched by package name and kept in a cache.
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openApt, unpackDeb } from './apt.js';
import { FetchFailed } from './errors.js';
import { DHCP_SCRIPT, INIT_SCRIPT } from './init-script.js';
import { buildInitrd, INITRD_RECIPE, TIME_PROGRAM } from './initrd.js';

export { FetchFailed } from './errors.js';
export { GUEST_MARKERS } from './init-script.js';

/** Where to keep what is fetched, and who hears about it. */
export interface DebianCloudOptions {
  /** Directory of our own that is made where it does not exist. */
  readonly cacheDir: string;
  /** Takes one line for each step; a call that finds everything in the cache says nothing. */
  readonly log: (line: string) => void;
  /** A suite of Debian's to fetch from, such as trixie-backports; absent: what this system's apt has. */
  readonly suite?: string;
}

/** Paths of a kernel and its initrd. */
export interface DebianCloudImage {
  /** An arm64 Image, or one in a wrapper that the loader unpacks. */
  readonly kernel: string;
  /** A gzip'ed cpio archive. */
  readonly initrd: string;
  /** The Debian package that the kernel is from, with its version. */
  readonly source: string;
}

const META_PACKAGE = 'linux-image-cloud-arm64';
const KERNEL_PACKAGE = /^linux-image-.+-cloud-arm64$/;
const BUSYBOX_PACKAGE = 'busybox-static';
const HOME = 'debian-cloud-arm64';
/** Debian's kernels from 7.x on come in several packages, of which `linux-image-...` is empty. */
const BINARY_PACKAGE = /^linux-binary-.+-cloud-arm64$/;

/** Where a suite's image is kept. @throws FetchFailed for what cannot be a suite's name */
function homeOf(suite: string | undefined): string {
  if (suite === undefined) return HOME;
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(suite)) throw new FetchFailed(`--suite ${suite.slice(0, 60)}: no name of a suite`);
  return `${HOME}-${suite}`;
}

/** Names the initrd by what makes it, so that a changed recipe builds another and needs no network for it. */
async function initrdName(): Promise<string> {
  const hash = createHash('sha256').update(`${INITRD_RECIPE} ${INIT_SCRIPT} ${DHCP_SCRIPT}`);
  const recipe = hash.update(await readFile(TIME_PROGRAM)).digest('hex');
  return `initrd-${recipe.slice(0, 12)}.gz`;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Unpacks the cached packages under `work`, takes the kernel out and builds the initrd; both go to `home`. */
async function build(home: string, work: string, log: (line: string) => void): Promise<void> {
  const files = await readdir(home);
  const deb = (pattern: RegExp): string => {
    const file = files.find((f) => pattern.test(f));
    if (file === undefined) throw new FetchFailed(`${home}: a package is missing; remove the directory to fetch again`);
    return join(home, file);
  };
  log('unpacking the packages');
  const root = join(work, 'kernel');
  await unpackDeb(deb(/^linux-image-.*\.deb$/), root);
  for (const file of files.filter((f) => /^linux-(binary|modules)-.*\.deb$/.test(f))) {
    await unpackDeb(join(home, file), root);
  }
  await unpackDeb(deb(/^busybox-static_.*\.deb$/), join(work, 'busybox'));
  const kernel = await kernelIn(root);
  if (kernel === null) throw new FetchFailed(`${home}: the kernel package has no vmlinuz`);
  log('building the initrd');
  const initrd = await buildInitrd(root, join(work, 'busybox'));
  await rename(kernel, join(home, 'vmlinuz'));
  const fresh = join(work, 'initrd');
  await writeFile(fresh, initrd);
  await rename(fresh, join(home, await initrdName()));
}

/** The kernel's file in unpacked packages: boot/vmlinuz-VERSION, or lib/modules/VERSION/vmlinuz. */
async function kernelIn(root: string): Promise<string | null> {
  const boot = await readdir(join(root, 'boot')).catch((): string[] => []);
  const named = boot.find((name) => name.startsWith('vmlinuz-'));
  if (named !== undefined) return join(root, 'boot', named);
  const modules = join(root, 'usr/lib/modules');
  for (const release of await readdir(modules).catch((): string[] => [])) {
    const path = join(modules, release, 'vmlinuz');
    if (await exists(path)) return path;
  }
  return null;
}

async function fetchPackages(options: DebianCloudOptions, work: string): Promise<void> {
  const { log, suite } = options;
  const place = join(resolve(options.cacheDir), homeOf(suite));
  const apt = await openApt(join(work, 'apt'), suite);
  log('reading the arm64 package lists');
  await apt.update();
  const kernel = await apt.dependency(META_PACKAGE, KERNEL_PACKAGE);
  if (kernel === undefined) throw new FetchFailed(`${META_PACKAGE}: apt's sources have no arm64 kernel by this name`);
  const binary = await apt.dependency(kernel, BINARY_PACKAGE);
  const parts = binary === undefined ? [] : [binary, binary.replace('linux-binary-', 'linux-modules-')];
  log(`downloading ${kernel} and ${BUSYBOX_PACKAGE} (about ${parts.length ? 30 : 22} MB)`);
  const home = join(work, 'home');
  await mkdir(home);
  const [source] = await apt.download([kernel, BUSYBOX_PACKAGE, ...parts], home);
  await writeFile(join(home, 'source'), `${source}\n`);
  await build(home, work, log);
  // Two processes may fetch at once; the first one to finish stays, and both have the same packages.
  await rename(home, place).catch(async (error) => {
    if (!(await exists(join(place, 'source')))) throw error;
  });
}

/**
 * Fetches the kernel, or finds it in the cache, where no network is used and the kernel stays the one that was fetched.
 * Throws FetchFailed with one line: no apt here, no such package in its sources, no network.
 */
export async function debianCloud(options: DebianCloudOptions): Promise<DebianCloudImage> {
  const cacheDir = resolve(options.cacheDir);
  const home = join(cacheDir, homeOf(options.suite));
  const image = { kernel: join(home, 'vmlinuz'), initrd: join(home, await initrdName()) };
  if (!((await exists(image.kernel)) && (await exists(image.initrd)))) {
    await mkdir(cacheDir, { recursive: true });
    const work = await mkdtemp(join(cacheDir, 'work-'));
    try {
      if (!(await exists(join(home, 'source')))) await fetchPackages(options, work);
      if (!(await exists(image.initrd))) await build(home, work, options.log);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  return { ...image, source: (await readFile(join(home, 'source'), 'utf8')).trim() };
}

/** The image where its packages are in the cache, without the network; null where they are not. */
export async function findDebianCloud(options: DebianCloudOptions): Promise<DebianCloudImage | null> {
  return (await exists(join(resolve(options.cacheDir), homeOf(options.suite), 'source'))) ? debianCloud(options) : null;
}
