// `npm run bench`: the same guests on ours and on QEMU TCG in one run, as ratios of speed (1.0 = QEMU). Times are wall time
// between the BEGIN and END lines as they arrive. Options: --runs n, --only a,b, --json f. Exit 1 only where something failed
// to run or a checksum differs: speed is a figure, not a test.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, homedir, loadavg, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { migration } from './migration.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { values: options } = parseArgs({
  options: { runs: { type: 'string', default: '3' }, only: { type: 'string' }, json: { type: 'string' } },
});
const runs = Number(options.runs);
if (!(Number.isInteger(runs) && runs >= 1 && runs <= 1000)) {
  process.stderr.write(`bench: --runs ${options.runs}: a whole number from 1 to 1000\n`);
  process.exit(2);
}

/** Name, what it is, repetitions (about a second of QEMU), and the target ratio where there is one. */
const KERNELS = [
  ['int', 'integer work of CoreMark kinds', 600, 0.25],
  ['memory', 'pointer chase over 4 MiB', 100, null],
  ['fp', 'multiply-add, sqrt, div', 600, null],
  ['simd', 'copy and checksum with Advanced SIMD', 2000, null],
  ['syscall', 'SVC from EL0 and back', 200, null],
  ['switch', 'TTBR0 and ASID switch, 8 pages touched', 100, null],
  ['timer', 'CNTV one-shots through the GIC', 200, null],
];
const BOOT_TARGET = 0.2;
const BOOT_RAM = 512;
const RSS_TARGET = BOOT_RAM + 200;
const MARKER = 'CHRONOVISOR-BOOT-OK';
const scratch = mkdtempSync(join(tmpdir(), 'chronovisor-bench-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const QEMU = 'qemu-system-aarch64';
const hasQemu = spawnSync(QEMU, ['--version']).status === 0;
const machine = ['-M', 'virt,gic-version=3', '-cpu', 'cortex-a57', '-accel', 'tcg,thread=single', '-nographic'];
const ours = [join(ROOT, 'dist/cli/main.js'), 'run'];

/**
 * Runs a command: seconds, on the wall clock and of CPU, from a line that `from` matches (or the start) to one that `to`
 * matches, what `to` captured, and the peak resident set. QEMU is stopped there; ours ends by itself, and says how many
 * instructions it has run.
 */
function time(command, args, from, to, stop) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let begun = from ? null : performance.now();
    let begunCpu = 0;
    let result = null;
    let text = '';
    let rest = '';
    let rss = 0;
    const look = () => {
      rss = Math.max(rss, peakMemory(child.pid));
    };
    const looking = setInterval(look, 100);
    child.stderr.on('data', (d) => (text += d));
    child.stdout.on('data', (d) => {
      const now = performance.now();
      rest += d.toString('latin1');
      if (from && begun === null && from.test(rest)) {
        begun = now;
        begunCpu = cpuTime(child.pid);
      }
      const match = begun === null || result ? null : to.exec(rest);
      if (!match) return;
      look();
      result = { seconds: (now - begun) / 1000, cpu: cpuTime(child.pid) - begunCpu, checksum: match[1] ?? '' };
      if (stop) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', () => {
      clearInterval(looking);
      if (result) resolve({ ...result, rss });
      else reject(new Error(`${command}: no ${to}\n${text}${rest.slice(-500)}`));
    });
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

/** Seconds of CPU that a process has used, in user mode and in the kernel, to 10 ms; NaN where there is no /proc. */
function cpuTime(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

/** Alternates ours and QEMU's; medians, and whether all checksums agree. */
async function compare(mine, theirs, from, to) {
  const seconds = { ours: [], qemu: [] };
  const cpu = { ours: [], qemu: [] };
  const checksums = new Set();
  const json = join(scratch, 'result.json');
  let rss = 0;
  let instructions = 0;
  for (let i = 0; i < runs; i++) {
    const a = await time(process.execPath, [...ours, ...mine, '--pace', 'fast', '--json', json], from, to, false);
    instructions = JSON.parse(readFileSync(json, 'utf8')).instructions;
    seconds.ours.push(a.seconds);
    cpu.ours.push(a.cpu);
    checksums.add(a.checksum);
    rss = Math.max(rss, a.rss);
    if (!hasQemu) continue;
    const b = await time(QEMU, [...machine, ...theirs], from, to, true);
    seconds.qemu.push(b.seconds);
    cpu.qemu.push(b.cpu);
    checksums.add(b.checksum);
  }
  const result = {
    ours: median(seconds.ours),
    qemu: hasQemu ? median(seconds.qemu) : null,
    seconds,
    cpu,
    instructions,
    rss,
  };
  const ratio = result.qemu === null ? null : result.qemu / result.ours;
  const cpuRatio = hasQemu ? median(cpu.qemu) / median(cpu.ours) : null;
  return { ...result, mips: instructions / 1e6 / result.ours, ratio, cpuRatio, agree: checksums.size === 1 };
}

/** Kernel and initrd that `chronovisor image debian-cloud` has fetched, or null. */
function debian() {
  const cache =
    process.env.CHRONOVISOR_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'chronovisor');
  const folder = join(cache, 'debian-cloud-arm64');
  if (!existsSync(folder)) return null;
  const files = readdirSync(folder);
  const age = (f) => statSync(join(folder, f)).mtimeMs;
  const find = (pattern) => files.filter((f) => pattern.test(f)).sort((a, b) => age(b) - age(a))[0];
  const [kernel, initrd] = [find(/^(vmlinuz|Image)/), find(/^initrd/)];
  return kernel && initrd ? { kernel: join(folder, kernel), initrd: join(folder, initrd) } : null;
}

const wanted = (name) => !options.only || options.only.split(',').includes(name);
const rows = [];
let failed = false;

function row(name, what, result, target) {
  rows.push({ name, ...result, target });
  if (!result.agree) failed = true;
  const [ratio, cpuRatio] = [result.ratio, result.cpuRatio].map((r) => (r === null ? '   -' : r.toFixed(2)));
  const verdict =
    target === null || result.ratio === null ? '' : `  target ${target}: ${result.ratio >= target ? 'met' : 'missed'}`;
  const qemu = result.qemu === null ? '    - ' : `${result.qemu.toFixed(2)} s`;
  const wrong = result.agree ? '' : '  CHECKSUMS DIFFER';
  const mips = result.mips.toFixed(0).padStart(4);
  console.log(
    `  ${name.padEnd(8)} ${what.padEnd(40)} ours ${result.ours.toFixed(2)} s ${mips} MIPS   QEMU ${qemu}   ratio ${ratio} (CPU ${cpuRatio})${verdict}${wrong}`,
  );
}

console.log(
  `${cpus().length} x ${cpus()[0]?.model}, Linux ${release()}, Node ${process.version}, ${runs} alternating runs, medians; ratios by wall time (and by CPU time); load average ${loadavg()[0].toFixed(1)}`,
);
console.log(
  hasQemu
    ? spawnSync(QEMU, ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0]
    : `${QEMU} is not installed: ours only`,
);

async function attempt(name, work) {
  try {
    await work();
  } catch (error) {
    failed = true;
    console.log(`  ${name}: ${error.message}`);
  }
}

const elf = join(ROOT, 'guests/bench/bench.elf');
for (const [name, what, n, target] of KERNELS.filter(([name]) => wanted(name))) {
  const bootargs = `bench=${name} n=${n}`;
  const mine = [elf, '--memory', '256M', '--timeout', '600', '--append', bootargs];
  const theirs = ['-nic', 'none', '-m', '256', '-kernel', elf, '-append', bootargs];
  await attempt(name, async () =>
    row(name, what, await compare(mine, theirs, /^BEGIN/m, /^END \S+ (\w+)\r?\n/m), target),
  );
}

async function boot({ kernel, initrd }) {
  const same = ['--append', 'console=ttyAMA0 cv.nomodules', '--initrd', initrd];
  const mine = [kernel, ...same, '--memory', `${BOOT_RAM}M`, '--timeout', '600', '--until', `console=/${MARKER}/`];
  const theirs = ['-nic', 'none', '-m', `${BOOT_RAM}`, '-kernel', kernel, ...same.map((s) => s.replace(/^--/, '-'))];
  const result = await compare(mine, theirs, null, new RegExp(MARKER));
  row('boot', 'Debian cloud kernel to user space', result, BOOT_TARGET);
  const verdict = result.rss <= RSS_TARGET ? 'met' : 'missed';
  console.log(
    `  memory   peak resident ${result.rss.toFixed(0)} MiB, guest RAM ${BOOT_RAM} MiB  target ${RSS_TARGET}: ${verdict}`,
  );
}

/** A guest that stays: it sleeps behind the marker, where the boot row's would print facts and power off. */
async function move(image) {
  const guest = { ...image, append: 'console=ttyAMA0 cv.nomodules cv.run="while :; do sleep 1; done"' };
  const qemu = hasQemu ? QEMU : null;
  rows.push(await migration({ main: ours[0], qemu, machine, guest, memory: BOOT_RAM, marker: MARKER, scratch, runs }));
}

for (const [name, work] of Object.entries({ boot, migration: move }).filter(([name]) => wanted(name))) {
  const image = debian();
  if (image) await attempt(name, () => work(image));
  else console.log(`  ${name.padEnd(8)} skipped: no Debian image; \`npx chronovisor image debian-cloud\` fetches it`);
}
if (options.json) {
  const host = { cpu: cpus()[0]?.model, cpus: cpus().length, node: process.version, loadAverage: loadavg()[0] };
  writeFileSync(options.json, `${JSON.stringify({ host, qemu: hasQemu, runs, rows }, null, 2)}\n`);
}
process.exitCode = failed ? 1 : 0;
