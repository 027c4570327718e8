// `npm run bench`: the same guests on ours and on QEMU TCG in one run, as ratios of speed (1.0 = QEMU). Times are wall time
// between the BEGIN and END lines as they arrive. Options: --runs n, --only a,b, --json f. Exit 1 only where something failed
// to run or a checksum differs: speed is a figure, not a test.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, homedir, release } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { values: options } = parseArgs({
  options: { runs: { type: 'string', default: '3' }, only: { type: 'string' }, json: { type: 'string' } },
});
const runs = Number(options.runs);

/** Name, what it is, repetitions (about a second of QEMU), and the target ratio where there is one. */
const KERNELS = [
  ['int', 'integer work of CoreMark kinds', 600, 0.25],
  ['memory', 'pointer chase over 4 MiB', 20, null],
  ['fp', 'multiply-add, sqrt, div', 600, null],
  ['simd', 'copy and checksum with Advanced SIMD', 2000, null],
  ['syscall', 'SVC from EL0 and back', 200, null],
  ['switch', 'TTBR0 and ASID switch, 8 pages touched', 100, null],
  ['timer', 'CNTV one-shots through the GIC', 40, null],
];
const BOOT_TARGET = 0.2;

const QEMU = 'qemu-system-aarch64';
const hasQemu = spawnSync(QEMU, ['--version']).status === 0;
const machine = [
  '-M',
  'virt,gic-version=3',
  '-cpu',
  'cortex-a57',
  '-accel',
  'tcg,thread=single',
  '-nographic',
  '-nic',
  'none',
];
const ours = [join(ROOT, 'dist/cli/main.js'), 'run'];

/** Runs a command; seconds from a line that `from` matches (or the start) to one that `to` matches, and what `to` captured. */
function time(command, args, from, to) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let begun = from ? null : performance.now();
    let result = null;
    let text = '';
    let rest = '';
    child.stderr.on('data', (d) => (text += d));
    child.stdout.on('data', (d) => {
      const now = performance.now();
      rest += d.toString('latin1');
      if (from && begun === null && from.test(rest)) begun = now;
      const match = begun === null || result ? null : to.exec(rest);
      if (!match) return;
      result = { seconds: (now - begun) / 1000, checksum: match[1] ?? '', rss: peakMemory(child.pid) };
      child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', () =>
      result ? resolve(result) : reject(new Error(`${command}: no ${to}\n${text}${rest.slice(-500)}`)),
    );
  });
}

/** Peak resident set in MiB. */
function peakMemory(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

/** Alternates ours and QEMU's; medians, and whether all checksums agree. */
async function compare(mine, theirs, from, to) {
  const seconds = { ours: [], qemu: [] };
  const checksums = new Set();
  let rss = 0;
  for (let i = 0; i < runs; i++) {
    const a = await time(process.execPath, mine, from, to);
    seconds.ours.push(a.seconds);
    checksums.add(a.checksum);
    rss = Math.max(rss, a.rss);
    if (!hasQemu) continue;
    const b = await time(QEMU, theirs, from, to);
    seconds.qemu.push(b.seconds);
    checksums.add(b.checksum);
  }
  const result = { ours: median(seconds.ours), qemu: hasQemu ? median(seconds.qemu) : null, rss };
  return { ...result, ratio: result.qemu === null ? null : result.qemu / result.ours, agree: checksums.size === 1 };
}

/** Kernel and initrd that `chronovisor image debian-cloud` has fetched, or null. */
function debian() {
  const cache =
    process.env.CHRONOVISOR_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'chronovisor');
  const folder = join(cache, 'debian-cloud-arm64');
  if (!existsSync(folder)) return null;
  const files = readdirSync(folder);
  const find = (pattern) => files.find((f) => pattern.test(f));
  const [kernel, initrd] = [find(/^(vmlinuz|Image)/), find(/^initrd/)];
  return kernel && initrd ? { kernel: join(folder, kernel), initrd: join(folder, initrd) } : null;
}

const wanted = (name) => !options.only || options.only.split(',').includes(name);
const rows = [];
let failed = false;

function row(name, what, result, target) {
  rows.push({ name, ...result, target });
  if (!result.agree) failed = true;
  const ratio = result.ratio === null ? '   -' : result.ratio.toFixed(2);
  const verdict =
    target === null || result.ratio === null ? '' : `  target ${target}: ${result.ratio >= target ? 'met' : 'missed'}`;
  const qemu = result.qemu === null ? '    - ' : `${result.qemu.toFixed(2)} s`;
  const wrong = result.agree ? '' : '  CHECKSUMS DIFFER';
  console.log(
    `  ${name.padEnd(8)} ${what.padEnd(40)} ours ${result.ours.toFixed(2)} s   QEMU ${qemu}   ratio ${ratio}${verdict}${wrong}`,
  );
}

console.log(
  `${cpus().length} x ${cpus()[0]?.model}, Linux ${release()}, Node ${process.version}, ${runs} alternating runs, medians`,
);
console.log(
  hasQemu
    ? spawnSync(QEMU, ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0]
    : `${QEMU} is not installed: ours only`,
);

const elf = join(ROOT, 'guests/bench/bench.elf');
for (const [name, what, n, target] of KERNELS.filter(([name]) => wanted(name))) {
  const bootargs = `bench=${name} n=${n}`;
  const mine = [...ours, elf, '--memory', '256M', '--timeout', '600', '--append', `${bootargs} exit=semihosting`];
  const theirs = [...machine, '-m', '256', '-kernel', elf, '-append', bootargs];
  try {
    row(name, what, await compare(mine, theirs, /^BEGIN/m, /^END \S+ (\w+)\r?\n/m), target);
  } catch (error) {
    failed = true;
    console.log(`  ${name}: ${error.message}`);
  }
}

if (wanted('boot')) {
  const image = debian();
  if (!image) console.log('  boot     skipped: no Debian image; `npx chronovisor image debian-cloud` fetches it');
  else {
    const append = 'console=ttyAMA0 cv.nomodules';
    const mine = [
      ...ours,
      image.kernel,
      '--initrd',
      image.initrd,
      '--memory',
      '512M',
      '--append',
      append,
      '--timeout',
      '600',
    ];
    const theirs = [...machine, '-m', '512', '-kernel', image.kernel, '-initrd', image.initrd, '-append', append];
    const result = await compare(mine, theirs, null, /CHRONOVISOR-BOOT-OK/);
    row('boot', 'Debian cloud kernel to user space', result, BOOT_TARGET);
    console.log(
      `  memory   peak resident ${result.rss.toFixed(0)} MiB for a guest of 512 MiB  target 712: ${result.rss <= 712 ? 'met' : 'missed'}`,
    );
  }
}
if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
process.exitCode = failed ? 1 : 0;
