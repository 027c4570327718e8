// Builds the test guests: `node test/guests/build.mjs` writes guests/<name>/<name>.elf; with `--check` it builds into a
// temporary folder and compares with the prebuilt ones byte for byte (exit 1: they differ, 2: cannot build).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMPILER = 'aarch64-linux-gnu-gcc';
const OBJCOPY = 'aarch64-linux-gnu-objcopy';
const GUESTS = fileURLToPath(new URL('../../guests/', import.meta.url));
const STACK_SIZE = 16384;

/** Flat images that guests carry: [output, linker script, sources], relative to guests/, built before them. */
const FIRMWARE = [
  ['../firmware/runtime.bin', '../firmware/linker.ld', ['../firmware/stub.S', '../firmware/runtime.c']],
];

const FLAGS = [
  ...['-std=gnu11', '-O2', '-g0', '-Wall', '-Wextra', '-Werror'],
  ...['-march=armv8-a', '-mgeneral-regs-only', '-mstrict-align', '-mno-outline-atomics', '-mbranch-protection=none'],
  ...['-ffreestanding', '-fno-builtin', '-fno-tree-loop-distribute-patterns', '-fno-stack-protector'],
  ...['-fno-pic', '-fno-pie', '-no-pie', '-fno-common', '-fno-asynchronous-unwind-tables', '-fno-ident'],
  ...['-static', '-nostdlib', `-DSTACK_SIZE=${STACK_SIZE}`, `-ffile-prefix-map=${GUESTS}=`],
  ...['-Wl,--build-id=none', '-Wl,-z,max-page-size=4096', '-Wl,-z,noexecstack'],
];

/** Programs for Linux instead of the bare machine: folders `linux-*`, without lib. */
const isForLinux = (name) => name.startsWith('linux-');

function fail(message, status) {
  process.stderr.write(`guests: ${message}\n`);
  process.exit(status);
}

function sourcesOf(folder) {
  return readdirSync(join(GUESTS, folder))
    .filter((file) => /\.[cS]$/.test(file))
    .sort()
    .map((file) => `${folder}/${file}`);
}

/** The guests: every folder beside lib that has a C source. */
function guestNames() {
  return readdirSync(GUESTS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'lib' && sourcesOf(entry.name).length > 0)
    .map((entry) => entry.name)
    .sort();
}

// Relative source paths and one working directory: nothing of the machine it is built on gets into the file.
function build(name, output) {
  if (isForLinux(name)) return compile(name, ['-Wl,-z,separate-code', '-o', output, ...sourcesOf(name)]);
  const own = `${name}/linker.ld`;
  const script = existsSync(join(GUESTS, own)) ? own : 'lib/linker.ld';
  compile(name, ['-T', script, '-o', output, ...sourcesOf('lib'), ...sourcesOf(name)]);
}

function buildFirmware([name, script, sources], output) {
  const folder = mkdtempSync(join(tmpdir(), 'chronovisor-firmware-'));
  try {
    const elf = join(folder, 'firmware.elf');
    compile(name, ['-T', script, '-o', elf, ...sources]);
    const { error, status, stderr } = spawnSync(OBJCOPY, ['-O', 'binary', elf, output], { encoding: 'utf8' });
    if (error || status !== 0) fail(`${name}: ${OBJCOPY}: ${error?.message ?? stderr}`, 2);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compile(name, own) {
  const args = [...FLAGS, ...own];
  const result = spawnSync(COMPILER, args, { cwd: GUESTS, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  if (result.error?.code === 'ENOENT') {
    fail(`${COMPILER} not found: install the Debian package gcc-aarch64-linux-gnu`, 2);
  }
  if (result.error) fail(`${COMPILER}: ${result.error.message}`, 2);
  if (result.status !== 0) fail(`${name}: ${COMPILER} failed\n${result.stderr}`, 2);
}

function check(names) {
  const folder = mkdtempSync(join(tmpdir(), 'chronovisor-guests-'));
  try {
    const stale = FIRMWARE.filter((one) => {
      const rebuilt = join(folder, 'firmware.bin');
      buildFirmware(one, rebuilt);
      const prebuilt = join(GUESTS, one[0]);
      return !existsSync(prebuilt) || !readFileSync(prebuilt).equals(readFileSync(rebuilt));
    });
    if (stale.length > 0)
      fail(`${stale.map(([name]) => name.slice(3)).join(', ')}: not what the sources build to; run npm run guests`, 1);
    return names.filter((name) => {
      const rebuilt = join(folder, `${name}.elf`);
      build(name, rebuilt);
      const prebuilt = join(GUESTS, name, `${name}.elf`);
      return !existsSync(prebuilt) || !readFileSync(prebuilt).equals(readFileSync(rebuilt));
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const options = process.argv.slice(2);
const unknown = options.find((option) => option !== '--check');
if (unknown !== undefined) fail(`${unknown}: unknown option (usage: build.mjs [--check])`, 2);
const names = guestNames();
if (names.length === 0) fail(`no guest found in ${GUESTS}`, 2);

if (options.includes('--check')) {
  const differing = check(names);
  if (differing.length > 0) {
    const files = differing.map((name) => `guests/${name}/${name}.elf`).join(', ');
    fail(`${files}: not what the sources build to; run npm run guests`, 1);
  }
  process.stdout.write(`guests: ${names.length} prebuilt files are what the sources build to\n`);
} else {
  for (const one of FIRMWARE) buildFirmware(one, join(GUESTS, one[0]));
  for (const name of names) {
    mkdirSync(join(GUESTS, name), { recursive: true });
    build(name, join(GUESTS, name, `${name}.elf`));
  }
  process.stdout.write(`guests: built ${names.join(', ')}\n`);
}
