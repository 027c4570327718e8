// What the verdicts cost: two machines in one process run the same guest in turns of equal guest time, one watched and one
// not, and the user CPU time of each turn is compared with the other's. Turns are so short that what else the machine does
// hits both. Options: --only timer,syscall,boot; --turns n. A figure, not a test.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const from = (path) => import(join(ROOT, 'dist', path));
const { planLoad } = await from('loader/index.js');
const { createMachine } = await from('migration/snapshot.js');
const { Watch } = await from('verify/watch.js');
const { parseHost } = await from('host/frequency.js');
const { DEFAULT_COSTS } = await from('host/costs.js');
const { StealSchedule } = await from('host/steal.js');
const { VIRT } = await from('machine/virt.js');

const { values: options } = parseArgs({
  options: { only: { type: 'string', default: 'timer,syscall,boot' }, turns: { type: 'string', default: '200' } },
});
const MIB = 2 ** 20;

function machineOf({ image, initrd, append, mib }) {
  const host = { spec: parseHost('25MHz'), ips: 1_000_000_000, quantum: 100_000_000n };
  const config = { cpu: 'cortex-a57', vcpus: 1, ramBytes: mib * MIB, pvTime: 'rfc2020', lpt: false };
  const machine = createMachine(
    { ...host, costs: DEFAULT_COSTS, steal: new StealSchedule([], 1) },
    { ...config, pvFreqHz: 1_000_000_000, listRegisters: 4, startEpoch: 0, semihosting: true },
    'interp',
  );
  const plan = planLoad(readFileSync(image), {
    name: image,
    ramBase: BigInt(VIRT.ram.base),
    ramSize: BigInt(mib * MIB),
    bootargs: append,
    board: { cpus: 1, cpuCompatible: 'arm,cortex-a57' },
    ...(initrd && { initrd: readFileSync(initrd) }),
  });
  const [ram] = machine.vm.memory();
  for (const { address, data } of plan.segments) ram.write(Number(address) - ram.base, data);
  machine.vm.boot(plan.entry, plan.dtbAddress);
  machine.host.onTransmit = () => {};
  return machine;
}

/** User CPU microseconds of one turn. */
function turn({ host }, until) {
  const before = process.cpuUsage().user;
  host.run({ until, instructions: null });
  return process.cpuUsage().user - before;
}

const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];

/** @param length of a turn, guest picoseconds */
function compare(name, guest, length) {
  const plain = machineOf(guest);
  const watched = machineOf(guest);
  const watch = new Watch(watched);
  const pairs = [];
  for (let i = 0; i < Number(options.turns) && !plain.vm.end; i++) {
    const until = BigInt(i + 1) * length;
    const order = i % 2 ? [plain, watched] : [watched, plain];
    const times = order.map((m) => turn(m, until));
    pairs.push(i % 2 ? times : times.reverse());
  }
  if (plain.host.instructions !== watched.host.instructions) throw new Error(`${name}: the runs differ`);
  // What compiles and warms up is over by then.
  const warm = pairs.slice(pairs.length >> 3);
  const sum = (k) => warm.reduce((all, pair) => all + pair[k], 0);
  const percent = (ratio) => `${((ratio - 1) * 100).toFixed(1)}%`;
  const failed = watch.verdicts().filter((v) => v.status === 'fail');
  console.log(
    `${name}: ${warm.length} turns of ${(sum(0) / warm.length / 1000).toFixed(1)} ms; verdicts cost ${percent(sum(1) / sum(0))} by sums, ` +
      `${percent(median(warm.map(([off, on]) => on / off)))} by the median of pairs${failed.length ? `; FAILED: ${failed.map((v) => v.name)}` : ''}`,
  );
}

const cache = process.env.CHRONOVISOR_CACHE ?? join(homedir(), '.cache/chronovisor');
const folder = join(cache, 'debian-cloud-arm64');
const bench = (name) => ({ image: join(ROOT, 'guests/bench/bench.elf'), append: `bench=${name} n=100000`, mib: 64 });
for (const name of options.only.split(',')) {
  if (name === 'timer') compare('timer', bench(name), 100_000_000n);
  if (name === 'syscall') compare('syscall', bench(name), 5_000_000_000n);
  if (name !== 'boot' || !existsSync(folder)) continue;
  const initrd = join(
    folder,
    readdirSync(folder).find((f) => f.startsWith('initrd')),
  );
  compare(
    name,
    { image: join(folder, 'vmlinuz'), initrd, append: 'console=ttyAMA0 cv.nomodules', mib: 512 },
    5_000_000_000n,
  );
}
