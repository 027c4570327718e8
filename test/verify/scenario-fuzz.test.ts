/** The scenario reader takes anything: CI a seeded share, CV_SCENARIO_FUZZ=1000000 a campaign. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Random } from '../conformance/random.js';
import { ROOT } from '../support/machine.js';
import { MemoryMeter } from '../support/memory-meter.js';
import { mutate, tryText } from './scenario-fuzz.js';

const count = Number(process.env.CV_SCENARIO_FUZZ ?? 50_000);
const seed = Number(process.env.CV_SEED ?? 1);

/** Bytes that reading one may take, whatever it declares. */
const MOST_MEMORY = 16 * 2 ** 20;

const FULL = `name: all keys
case: T3
image: x.elf
initrd: x.gz
append: "n=5"
cpu: neoverse-n1
smp: 2
memory: 64M
host: freq=25MHz,ppm=30,name=old
pvtime: rfc2020
lpt-freq: 100MHz
gic: listRegisters=2
cost: all=0
quantum: 20us
ips: 1e8
epoch: 5
seed: 7
engine: jit
strategy: offset
downtime: paused
pause: 10ms
to: 1GHz
allow: [MIDR_EL1]
may-meet: [neoverse-n1]
limit: 5s
steal: ["vcpu=0 every=10ms for=3ms", "vcpu=1 every=7ms for=1ms"]
events:
  - { at: "console=/READY/", migrate: true }
  - at: t=1s
    migrate: { to: 19.2MHz, strategy: lpt, downtime: paused, pause: 1ms }
    type: "text\\n"
  - { at: insn=1e8, save-restore: true }
  - { at: t=2s, power-key: true }
  - { at: t=3s, stop: true }
expect:
  status: exit
  code: 0
  console: ["/^ok 3/", "not /^not ok/"]
  fails: [timer-early, { counter-rate: { value: 40, within: 1e-6 } }]
  values: { timer-late: { value: 1, within: 1000 } }
  refused: ["/MIDR/"]
  state-hash: same-as-uninterrupted
matrix: { strategy: [offset, lpt], smp: [1, 2] }
where:
  - { strategy: lpt, expect: { fails: [counter-rate] } }
  - strategy: [offset, lpt]
    smp: 2
    expect: { console: &c ["/2/"] }
faults:
  - name: cntvoff-replayed
    expect: { fails: [counter-monotonic], console: *c }
    where: [{ smp: 1, expect: { status: stalled } }]
`;

/** Short ones, since reading takes the longer the longer the text is. */
const SHORT = [
  'name: n\nimage: i\nevents: [{ at: t=1s, migrate: 1GHz }]\nexpect: { fails: [counter-rate] }\n',
  'name: n\nimage: i\nmatrix: { smp: [1, 2], seed: &s [1, 2] }\nwhere: [{ smp: 2, seed: *s, expect: { code: 1 } }]\n',
  'name: n\nimage: debian-cloud\nfaults:\n  - name: cntvoff-replayed\n    expect: { console: ["/x/"] }\n',
  'name: |\n  text\n  more\nimage: >-\n  i\n? limit\n: 5s\nsteal: ["vcpu=0 every=10ms for=3ms"]\n',
];

describe('wrong scenario files', () => {
  const folder = join(ROOT, 'test/scenarios');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.yaml'));
  const origins = [FULL, ...SHORT, ...files.sort().map((f) => readFileSync(join(folder, f), 'utf8'))];

  test('come from right ones', () => {
    for (const origin of origins) expect(tryText(origin)).toBeGreaterThan(0);
  });

  test(`are read or refused with their lines, ${count} from seed ${seed}`, () => {
    const random = new Random(seed);
    const outcomes = new Map<string, number>();
    const meter = new MemoryMeter();
    let slowest = { ms: 0, text: '' };
    for (let n = 0; n < count; n++) {
      const { kind, text } = mutate(random, n % 16 ? SHORT : origins);
      const started = process.cpuUsage();
      let runs: number | null;
      try {
        runs = meter.measure(() => tryText(text));
      } catch (error) {
        throw new Error(`${JSON.stringify(text.slice(0, 3000))}: ${(error as Error).stack}`);
      }
      const ms = process.cpuUsage(started).user / 1000;
      if (ms > slowest.ms) slowest = { ms, text };
      const outcome = `${kind} ${runs === null ? 'refused' : 'read'}`;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    console.log(
      Object.fromEntries([...outcomes].sort()),
      `slowest ${slowest.ms.toFixed(1)} ms of a processor, ${slowest.text.length} characters; most memory of one ${meter.most}, kept ${meter.kept()}`,
    );
    expect(meter.most).toBeLessThan(MOST_MEMORY);
    expect(meter.kept()).toBeLessThan(MOST_MEMORY);
    for (const kind of ['byte', 'word', 'value', 'lost', 'twice', 'indent', 'splice', 'cut', 'anchor', 'repeat']) {
      expect(outcomes.get(`${kind} refused`)).toBeGreaterThan(0);
    }
    for (const kind of ['byte', 'word', 'value', 'lost']) expect(outcomes.get(`${kind} read`)).toBeGreaterThan(0);
  });
});
