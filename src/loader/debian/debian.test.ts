import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aptConfiguration, aptReason, suiteSources } from './apt.js';
import { writeCpio } from './cpio.js';
import { debianCloud, FetchFailed, GUEST_MARKERS } from './index.js';
import { INIT_SCRIPT } from './init-script.js';
import { closeModules, moduleDependencies, moduleName, selfTestModules } from './modules.js';

let dir: string;
let path: string | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'debian-'));
  path = process.env.PATH;
});
afterEach(() => {
  process.env.PATH = path;
  rmSync(dir, { recursive: true, force: true });
});

/** Makes a directory of programs the only one that is searched. */
function onlyPrograms(programs: Record<string, string>, links: string[] = []): void {
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  for (const name of links) symlinkSync(execFileSync('which', [name]).toString().trim(), join(bin, name));
  process.env.PATH = bin;
}

/** A module: the smallest object file with a .modinfo that says `depends=`. */
function makeModule(depends: string): Uint8Array {
  const source = join(dir, 'm.c');
  const attributes = '__attribute__((used, section(".modinfo")))';
  writeFileSync(source, `static const char a[] ${attributes} = "license=GPL\\0depends=${depends}\\0name=m";\n`);
  execFileSync('aarch64-linux-gnu-gcc', ['-c', '-o', join(dir, 'm.o'), source]);
  return readFileSync(join(dir, 'm.o'));
}

function makeDeb(name: string, files: Record<string, Uint8Array | string>, to: string): void {
  const root = join(dir, `deb-${name}`);
  for (const [file, content] of Object.entries({
    ...files,
    'DEBIAN/control': `Package: ${name}\nVersion: 1\nArchitecture: arm64\nMaintainer: t <t@example.org>\nDescription: t\n`,
  })) {
    mkdirSync(join(root, file, '..'), { recursive: true });
    writeFileSync(join(root, file), content);
  }
  execFileSync('dpkg-deb', ['--root-owner-group', '-b', root, to]);
}

describe('cpio writer', () => {
  it('writes what cpio reads', () => {
    const archive = writeCpio([
      { kind: 'directory', path: 'a' },
      { kind: 'file', path: 'a/b', data: new TextEncoder().encode('hello'), mode: 0o750 },
      { kind: 'file', path: 'a/empty', data: new Uint8Array(0) },
      { kind: 'symlink', path: 'link', target: 'a/b' },
      { kind: 'character', path: 'console', major: 5, minor: 1 },
    ]);
    const listing = execFileSync('cpio', ['-itv', '--quiet', '-n'], { input: archive }).toString();
    const rows = listing.trim().split('\n');
    expect(rows.map((row) => row.split(/\s+/)[0])).toEqual([
      'drwxr-xr-x',
      '-rwxr-x---',
      '-rw-r--r--',
      'lrwxrwxrwx',
      'crw-------',
    ]);
    expect(rows[3]).toContain('link -> a/b');
    expect(rows[4]).toMatch(/5,\s+1/);
    const content = execFileSync('cpio', ['-i', '--quiet', '--to-stdout', 'a/b'], { input: archive }).toString();
    expect(content).toBe('hello');
    expect(archive.length % 4).toBe(0);
  });

  it.each(['', '/abs', 'a\0b'])('refuses the path %j', (bad) => {
    expect(() => writeCpio([{ kind: 'directory', path: bad }])).toThrow(RangeError);
  });
});

describe('kernel modules', () => {
  it('are known by names with underscores', () => {
    expect(moduleName('kernel/arch/arm64/crypto/sha2-ce.ko')).toBe('sha2_ce');
  });

  it('say what they depend on', () => {
    expect(moduleDependencies(makeModule('sha256-arm64,libx'))).toEqual(['sha256_arm64', 'libx']);
    expect(moduleDependencies(makeModule(''))).toEqual([]);
  });

  it('are those that test the CPU', () => {
    const paths = [
      'kernel/lib/raid6/raid6_pq.ko',
      'kernel/fs/ext4/ext4.ko',
      'kernel/crypto/xor.ko',
      'kernel/arch/arm64/crypto/sha1-ce.ko',
    ];
    const wanted = ['kernel/arch/arm64/crypto/sha1-ce.ko', 'kernel/crypto/xor.ko', 'kernel/lib/raid6/raid6_pq.ko'];
    expect(selfTestModules(paths)).toEqual(wanted);
  });

  it('come with their dependencies, each line in an order that can be loaded from its end', () => {
    const needs: Record<string, string> = { a: 'c,b,builtin', b: 'c', c: 'd', d: 'a', other: '' };
    const paths = Object.keys(needs).map((name) => `k/${name}.ko`);
    const bytes = new Map(paths.map((p) => [p, makeModule(needs[moduleName(p)])]));
    const { modules, modulesDep } = closeModules(paths, ['k/a.ko'], (p) => bytes.get(p)!);
    expect(modules.map((m) => m.path)).toEqual(['k/a.ko', 'k/b.ko', 'k/c.ko', 'k/d.ko']);
    expect(modulesDep.split('\n')[0]).toBe('k/a.ko: k/b.ko k/c.ko k/d.ko');
    expect(modulesDep.split('\n')).toHaveLength(5);
  });
});

describe('/init', () => {
  it('is a script that a shell can read, with the markers in their order', () => {
    execFileSync('busybox', ['sh', '-n'], { input: INIT_SCRIPT });
    const places = Object.values(GUEST_MARKERS).map((marker) => INIT_SCRIPT.indexOf(`echo ${marker}\n`));
    expect(places.every((place) => place > 0)).toBe(true);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
  });
});

describe('apt of our own', () => {
  it('has a configuration that apt reads, without the hooks of the system', () => {
    const file = join(dir, 'apt.conf');
    writeFileSync(file, aptConfiguration(dir, 'Acquire::http::Proxy "http://proxy.example:3128";'));
    const dump = execFileSync('apt-config', ['dump'], { env: { ...process.env, APT_CONFIG: file } }).toString();
    expect(dump).toContain('APT::Architecture "arm64";');
    expect(dump).toContain(`Dir::State::status "${dir}/state/status";`);
    expect(dump).toContain('Acquire::http::Proxy "http://proxy.example:3128";');
    expect(dump).not.toContain('Post-Invoke');
  });

  it('gives the reason in what apt prints', () => {
    expect(aptReason('Hit:1\nW: late\nE: no network\nW: more\n')).toBe('no network');
    expect(aptReason('W: one\nW: two\nReading')).toBe('two');
    expect(aptReason('')).toBe('no message');
  });
});

describe('suites', () => {
  it('come from the archive, backports with what they are for, and nothing of the system', () => {
    expect(suiteSources('trixie').trim().split('\n')).toHaveLength(1);
    expect(suiteSources('trixie-backports')).toMatch(/\/debian trixie main\n.* trixie-backports main\n$/s);
    const text = aptConfiguration('/d', 'x', 'trixie-backports');
    expect(text).toContain('Dir::Etc::sourcelist "/d/sources.list";');
    expect(text).toContain('APT::Default-Release "trixie-backports";');
    expect(aptConfiguration('/d', 'x')).not.toContain('sourcelist');
  });

  it('are kept apart; what is no name is refused', async () => {
    const home = join(dir, 'cache', 'debian-cloud-arm64-trixie');
    mkdirSync(home, { recursive: true });
    const release = 'usr/lib/modules/9-cloud-arm64';
    makeDeb('image', { 'usr/share/empty': '' }, join(home, 'linux-image-9-cloud-arm64_9_arm64.deb'));
    makeDeb('binary', { [`${release}/vmlinuz`]: 'new kernel' }, join(home, 'linux-binary-9-cloud-arm64_9_arm64.deb'));
    const modules = { [`${release}/kernel/crypto/xor.ko`]: makeModule('') };
    makeDeb('modules', modules, join(home, 'linux-modules-9-cloud-arm64_9_arm64.deb'));
    makeDeb('busybox', { 'bin/busybox': 'the shell' }, join(home, 'busybox-static_1_arm64.deb'));
    writeFileSync(join(home, 'source'), 'x\n');
    const options = { cacheDir: join(dir, 'cache'), log: () => {} };
    const image = await debianCloud({ ...options, suite: 'trixie' });
    expect(readFileSync(image.kernel, 'utf8')).toBe('new kernel');
    await expect(debianCloud({ ...options, suite: '../x' })).rejects.toThrow('--suite ../x: no name of a suite');
  });
});

describe('debianCloud', () => {
  const fetchInto = (): Promise<unknown> => debianCloud({ cacheDir: join(dir, 'cache'), log: () => {} });

  it('says what to pass by hand where there is no apt', async () => {
    onlyPrograms({});
    const error = (await fetchInto().catch((e: unknown) => e)) as Error;
    expect(error).toBeInstanceOf(FetchFailed);
    expect(error.message).toMatch(/^apt-config was not found.*chronovisor run <Image> --initrd <file>/);
  });

  it('says so where there is no network', async () => {
    onlyPrograms({ 'apt-config': 'exit 0', 'apt-get': 'echo "W: Failed to fetch http://x" >&2' });
    await expect(fetchInto()).rejects.toThrow('apt-get update: Failed to fetch http://x; pass an arm64 kernel');
  });

  it('says so where the sources have no such kernel', async () => {
    onlyPrograms(
      {
        'apt-config': 'exit 0',
        'apt-get': 'touch state/lists/x_Packages',
        'apt-cache': 'echo "E: No packages" >&2; exit 100',
      },
      ['touch'],
    );
    await expect(fetchInto()).rejects.toThrow('linux-image-cloud-arm64: apt');
  });

  it('leaves nothing behind where it fails', async () => {
    onlyPrograms({});
    await fetchInto().catch(() => {});
    process.env.PATH = path;
    expect(execFileSync('find', [join(dir, 'cache'), '-mindepth', '1']).toString()).toBe('');
  });

  it('builds from cached packages without apt, then takes what it built; the same packages give the same bytes', async () => {
    const build = async (cacheDir: string): Promise<Uint8Array> => {
      const home = join(cacheDir, 'debian-cloud-arm64');
      mkdirSync(home, { recursive: true });
      const kernel = 'linux-image-9-cloud-arm64_9_arm64.deb';
      const release = 'lib/modules/9-cloud-arm64/kernel';
      const module = (depends: string): Uint8Array => makeModule(depends);
      makeDeb(
        'kernel',
        {
          'boot/vmlinuz-9-cloud-arm64': 'the kernel',
          [`${release}/crypto/xor.ko`]: module('helper'),
          [`${release}/lib/helper.ko`]: module(''),
          [`${release}/fs/ext4.ko`]: module(''),
        },
        join(home, kernel),
      );
      makeDeb('busybox', { 'usr/bin/busybox': 'the shell' }, join(home, 'busybox-static_1_arm64.deb'));
      writeFileSync(join(home, 'source'), `${kernel}\n`);
      const lines: string[] = [];
      const image = await debianCloud({ cacheDir, log: (line) => lines.push(line) });
      expect(lines).toEqual(['unpacking the packages', 'building the initrd']);
      expect(image.source).toBe(kernel);
      expect(readFileSync(image.kernel, 'utf8')).toBe('the kernel');
      const again: string[] = [];
      expect(await debianCloud({ cacheDir, log: (line) => again.push(line) })).toEqual(image);
      expect(again).toEqual([]);
      return readFileSync(image.initrd);
    };
    const initrd = await build(join(dir, 'one'));
    expect(Buffer.compare(initrd, await build(join(dir, 'two')))).toBe(0);
    const names = execFileSync('cpio', ['-it', '--quiet'], { input: gunzipSync(initrd) })
      .toString()
      .split('\n');
    expect(names).toContain('init');
    expect(names).toContain('bin/busybox');
    expect(names).toContain('bin/cv-time');
    expect(names).toContain('lib/modules/9-cloud-arm64/kernel/lib/helper.ko');
    expect(names).not.toContain('lib/modules/9-cloud-arm64/kernel/fs/ext4.ko');
  });

  it('reads the packages of Debian 13, which has modules below /usr and compresses them', async () => {
    const home = join(dir, 'cache', 'debian-cloud-arm64');
    mkdirSync(home, { recursive: true });
    const xz = (data: Uint8Array): Uint8Array => execFileSync('xz', ['-c'], { input: data });
    const release = 'usr/lib/modules/9-cloud-arm64/kernel';
    const modules = {
      'boot/vmlinuz-9-cloud-arm64': 'the kernel',
      [`${release}/crypto/xor.ko.xz`]: xz(makeModule('helper')),
      [`${release}/lib/helper.ko.xz`]: xz(makeModule('')),
    };
    makeDeb('kernel', modules, join(home, 'linux-image-9-cloud-arm64_9_arm64.deb'));
    makeDeb('busybox', { 'bin/busybox': 'the shell' }, join(home, 'busybox-static_1_arm64.deb'));
    writeFileSync(join(home, 'source'), 'x\n');
    const { initrd } = await debianCloud({ cacheDir: join(dir, 'cache'), log: () => {} });
    const file = 'lib/modules/9-cloud-arm64/modules.dep';
    const input = gunzipSync(readFileSync(initrd));
    const dep = execFileSync('cpio', ['-i', '--quiet', '--to-stdout', file], { input }).toString();
    expect(dep).toBe('kernel/crypto/xor.ko: kernel/lib/helper.ko\nkernel/lib/helper.ko:\n');
  });
});
