import { describe, expect, it } from 'vitest';
import { guestMachine, type MachineOptions } from '../../../test/support/machine.js';
import { parseHost } from '../../host/frequency.js';
import { beginWith, migrate } from '../../migration/migrate.js';

const MS = 1_000_000_000n;
const [WFE, NEXT, BACK_TWO, BACK_ONE] = [0xd503205f, 0x91000400, 0x17fffffe, 0x17ffffff];
const MRS_CNTVCT = 0xd53be041;

/** A machine that runs these words. */
function machineOf(words: readonly number[], options: MachineOptions = {}) {
  const machine = guestMachine('hello', options);
  const { bytes } = machine.vm.memory()[0]!;
  new Uint32Array(bytes.buffer, bytes.byteOffset, words.length).set(words);
  machine.vm.psci.start(0, 0x4000_0000n, 0n);
  return machine;
}

describe('strategy trap', () => {
  it('charges each read of the counter, and no other strategy does', () => {
    for (const strategy of ['trap', 'offset'] as const) {
      const machine = machineOf([MRS_CNTVCT, BACK_ONE]);
      const { host } = machine;
      Object.assign(host.options.costs, { trap: 306 });
      beginWith(machine, strategy);
      host.run({ instructions: 2000 });
      expect(host.exits.trap).toBe(strategy === 'trap' ? 1000 : 0);
      expect(host.now()).toBe(2_000_000n + (strategy === 'trap' ? 306_000_000n : 0n));
    }
  });

  it('makes the event stream at the rate that the guest set, on any host', () => {
    const wakes = (strategy: 'trap' | 'offset'): number[] => {
      const machine = machineOf([WFE, NEXT, BACK_TWO]);
      const { host, vm } = machine;
      beginWith(machine, strategy);
      // EVNTEN, bit 9: an event every 1024 ticks.
      vm.vcpus[0]!.timer.state.cntkctl = 0x94n;
      const countTo = (until: bigint): number => {
        const before = vm.engine.cpu.x(0);
        host.run({ until });
        return Number(vm.engine.cpu.x(0) - before);
      };
      const here = countTo(10n * MS);
      migrate(machine, parseHost('1GHz'), strategy, MS);
      return [here, countTo(21n * MS)];
    };
    // 10 ms of 25 MHz are 244 events of 1024 ticks; of 1 GHz, 9765.
    const [trapped, offset] = [wakes('trap'), wakes('offset')];
    for (const n of trapped) expect(Math.abs(n - 244)).toBeLessThanOrEqual(1);
    expect(Math.abs(offset[0]! - 244)).toBeLessThanOrEqual(1);
    expect(Math.abs(offset[1]! - 9765)).toBeLessThanOrEqual(2);
  });

  it('is programmed again for a vCPU that CPU_ON resets', () => {
    const machine = machineOf([MRS_CNTVCT, BACK_ONE], { vcpus: 2 });
    beginWith(machine, 'trap');
    machine.vm.psci.start(1, 0x4000_0000n, 0n);
    machine.host.run({ instructions: 40_000 });
    expect(machine.host.exits.trap).toBeGreaterThanOrEqual(19_990);
  });

  it('is refused on a host that cannot trap', () => {
    expect(() => beginWith(machineOf([WFE], { host: 'freq=25MHz,ecv=0' }), 'trap')).toThrow(/no FEAT_ECV/);
  });
});

describe('stolen downtime', () => {
  const ticks = () => {
    const machine = guestMachine('ticks', { bootargs: 'exit=semihosting rounds=0' });
    machine.host.onTransmit = () => {};
    machine.host.run({ until: 12n * MS });
    expect(machine.vm.vcpus[0]!.waiting).toBe('wfi');
    return machine;
  };

  it('is not stolen from a vCPU that waits, until its timer is due', () => {
    for (const downtime of [MS / 10n, 30n * MS]) {
      const { host, vm } = ticks();
      const due = vm.deadline(0)!;
      const before = { ...host.accounts[0]! };
      const { stop, resume, stolen } = migrate({ host, vm }, parseHost('1GHz'), 'trap', downtime, 'stolen');
      const taken = due < resume ? resume - due : 0n;
      expect(stolen).toBe(resume - stop);
      expect(vm.vcpus[0]!.stolen).toBe(taken);
      expect(host.accounts[0]).toEqual({ ...before, idle: before.idle + resume - stop - taken, stolen: taken });
    }
  });

  it('leaves a vCPU that is off alone', () => {
    const machine = guestMachine('smp', { vcpus: 2 });
    machine.host.onTransmit = () => {};
    machine.host.run({ instructions: 100 });
    migrate(machine, parseHost('25MHz'), 'offset', MS, 'stolen');
    expect(machine.host.accounts[1]).toMatchObject({ off: machine.host.now(), stolen: 0n });
    expect(machine.host.accounts[0]).toMatchObject({ paused: 0n });
    expect(machine.vm.vcpus.map((v) => v.stolen >= MS)).toEqual([true, false]);
  });
});
