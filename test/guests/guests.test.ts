/** Every test guest passes on our machine, on both profiles, both engines, one and several vCPUs; so does every verdict. */
import { describe, expect, test } from 'vitest';
import { type BootOptions, boot, hosts } from '../../src/testing/index.js';
import { guestPath } from '../support/machine.js';

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
const QUICK = 'lines=0 every=0 lpt=on samples=200';

const MACHINES: Partial<BootOptions>[] = [
  { cpu: 'cortex-a57', vcpus: 1 },
  { cpu: 'neoverse-n1', vcpus: 4 },
  { cpu: 'neoverse-n1', vcpus: 2, engine: 'jit', listRegisters: 1 },
];

const of = (guest: string, append: string): BootOptions => ({
  image: guestPath(guest),
  append: `exit=semihosting ${append}`,
  host: '25MHz',
  costs: 'all=0',
});

describe.each(MACHINES)('%j', (machine) => {
  test.each(GUESTS)('%s', async (guest) => {
    const vm = await boot({ ...of(guest, QUICK), ...machine });
    const end = await vm.runToEnd();
    expect(vm).toKeepTime();
    expect(vm.output).not.toMatch(/^(not ok|Bail out)/m);
    expect(vm.output).toMatch(/^1\.\.[1-9]\d*$/m);
    expect(vm.output.match(/^ok /gm)?.length).toBe(Number(/^1\.\.(\d+)$/m.exec(vm.output)![1]));
    expect(end).toEqual({ kind: 'exit', code: 0 });
  });
});

test('a guest that offers LPT to itself sees it over a migration', async () => {
  const vm = await boot({ ...of('clock', 'lpt=on every=0 samples=400'), strategy: 'lpt' });
  await vm.console(/^READY/);
  await vm.migrate(hosts.ghz(1, { start: 12345n }), { pause: '5 ms' });
  await vm.runToEnd();
  expect(vm.migrations).toHaveLength(1);
  expect(vm).toKeepMonotonicTime();
  expect(vm.output).toMatch(/^ok \d+ - PV counter monotonic$/m);
  expect(vm.output).toMatch(/^ok \d+ - PV rate constant$/m);
  expect(vm.output).toMatch(/first_sequence 2 last_sequence 4 changes 1/);
});

test('the guest judges its own exit status', async () => {
  const vm = await boot(of('clock', 'every=0 samples=5'));
  expect(await vm.runToEnd()).toEqual({ kind: 'exit', code: 1 });
  expect(vm.output).toMatch(/^Bail out!/m);
});
