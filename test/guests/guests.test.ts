/** Every test guest passes on our machine, on both profiles, both engines, one and several vCPUs; so does every verdict. */
import { describe, expect, test } from 'vitest';
import { Watch } from '../../src/verify/watch.js';
import { guestMachine, type MachineOptions, runToEnd } from '../support/machine.js';

const GUESTS = [
  'hello',
  'clock',
  'steal',
  'ticks',
  'smp',
  'mmu',
  'gic',
  'edges',
  'rtc',
  'wfe',
  'agents',
  'identity',
  'ptp',
  'vmclock',
  'notice',
];
const QUICK = 'exit=semihosting lines=0 every=0 lpt=on samples=200';

const MACHINES: MachineOptions[] = [
  { cpu: 'cortex-a57', vcpus: 1 },
  { cpu: 'neoverse-n1', vcpus: 4 },
  { cpu: 'neoverse-n1', vcpus: 2, engine: 'jit', listRegisters: 1 },
];

describe.each(MACHINES)('%j', (options) => {
  test.each(GUESTS)('%s', (guest) => {
    const machine = guestMachine(guest, { ...options, bootargs: QUICK });
    const watch = new Watch(machine);
    const { status, console } = runToEnd(machine);
    expect(watch.verdicts(status === 'stalled').filter((v) => v.status === 'fail')).toEqual([]);
    expect(console).not.toMatch(/^(not ok|Bail out)/m);
    expect(console).toMatch(/^1\.\.[1-9]\d*$/m);
    expect(console.match(/^ok /gm)?.length).toBe(Number(/^1\.\.(\d+)$/m.exec(console)![1]));
    expect(status).toBe('exit');
    expect(machine.vm.end).toEqual({ kind: 'exit', code: 0 });
  });
});

test('a guest that offers LPT to itself sees it over a migration', () => {
  const machine = guestMachine('clock', { lpt: true, bootargs: 'exit=semihosting lpt=on every=0 samples=400' });
  const { console, session } = runToEnd(machine, [
    {
      when: { kind: 'console', pattern: /^READY/ },
      action: {
        kind: 'migrate',
        to: { name: 'fast', freqHz: 1_000_000_000, ppm: 0, start: 12345n },
        strategy: 'lpt',
        downtime: 5_000_000_000n,
      },
    },
  ]);
  expect(session.migrations).toHaveLength(1);
  expect(console).toMatch(/^ok \d+ - PV counter monotonic$/m);
  expect(console).toMatch(/^ok \d+ - PV rate constant$/m);
  expect(console).toMatch(/first_sequence 2 last_sequence 4 changes 1/);
});

test('the guest judges its own exit status', () => {
  const machine = guestMachine('clock', { bootargs: 'exit=semihosting every=0 samples=5' });
  const { status, console } = runToEnd(machine);
  expect(console).toMatch(/^Bail out!/m);
  expect(status).toBe('exit');
  expect(machine.vm.end).toEqual({ kind: 'exit', code: 1 });
});
