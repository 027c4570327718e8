// Which kernel modules go into the test guest's initrd, and the modules.dep that lets busybox modprobe load them.
import { elfSections } from '../elf-sections.js';

/** A kernel module as it lies in a package: its path below /lib/modules/VERSION and its (uncompressed) bytes. */
export interface KernelModule {
  readonly path: string;
  readonly data: Uint8Array;
}

/** Modules whose initialisation tests the CPU: Arm's crypto extensions, NEON xor, and the RAID6 benchmark. */
const SELF_TESTS = [/^kernel\/arch\/arm64\/crypto\/[^/]+\.ko$/, /^kernel\/lib\/raid6\/raid6_pq\.ko$/, /\/xor\.ko$/];

/** Drivers of the devices that a machine may have. */
const DRIVERS = [
  /^kernel\/drivers\/virtio\/virtio_(pci|mmio)\.ko$/,
  /^kernel\/drivers\/(block\/virtio_blk|net\/virtio_net|char\/virtio_console|char\/hw_random\/virtio-rng)\.ko$/,
];

/** The name modprobe knows the module by: the file's name with `_` for `-`. */
export function moduleName(path: string): string {
  return path
    .slice(path.lastIndexOf('/') + 1)
    .replace(/\.ko$/, '')
    .replaceAll('-', '_');
}

/** The names in a module's own `depends=` entry of its .modinfo section; none where it has no such section. */
export function moduleDependencies(data: Uint8Array): string[] {
  const section = elfSections(data).find((s) => s.name === '.modinfo');
  if (section === undefined) return [];
  const text = new TextDecoder('latin1').decode(section.data);
  const entry = text.split('\0').find((e) => e.startsWith('depends='));
  return (entry ?? '')
    .slice('depends='.length)
    .split(',')
    .filter((name) => name !== '')
    .map((name) => name.replaceAll('-', '_'));
}

/** The self-test modules among `paths`, sorted by path. */
export function selfTestModules(paths: readonly string[]): string[] {
  return paths.filter((path) => SELF_TESTS.some((pattern) => pattern.test(path))).sort();
}

/** The driver modules among `paths`, sorted by path. */
export function driverModules(paths: readonly string[]): string[] {
  return paths.filter((path) => DRIVERS.some((pattern) => pattern.test(path))).sort();
}

/**
 * The modules reachable from `wanted` through dependencies, and the text of modules.dep for them.
 * `read` gives a module's bytes. A dependency that is not among `paths` is built into the kernel and is left out.
 */
export function closeModules(
  paths: readonly string[],
  wanted: readonly string[],
  read: (path: string) => Uint8Array,
): { modules: KernelModule[]; modulesDep: string } {
  const byName = new Map(paths.map((path) => [moduleName(path), path]));
  const found = new Map<string, { data: Uint8Array; needs: string[] }>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    const data = read(path);
    const needs = moduleDependencies(data)
      .map((name) => byName.get(name))
      .filter((p) => p !== undefined);
    found.set(path, { data, needs });
    needs.forEach(visit);
  };
  wanted.forEach(visit);

  // modprobe loads a line's dependencies from the last to the first, so each must stand left of its own dependencies.
  const chain = (path: string): string[] => {
    const done: string[] = [];
    const visited = new Set([path]);
    const follow = (from: string): void => {
      for (const need of found.get(from)!.needs) {
        if (visited.has(need)) continue;
        visited.add(need);
        follow(need);
        done.push(need);
      }
    };
    follow(path);
    return done.reverse();
  };
  const sorted = [...found.keys()].sort();
  const lines = sorted.map((path) => [`${path}:`, ...chain(path)].join(' '));
  return {
    modules: sorted.map((path) => ({ path, data: found.get(path)!.data })),
    modulesDep: `${lines.join('\n')}\n`,
  };
}
