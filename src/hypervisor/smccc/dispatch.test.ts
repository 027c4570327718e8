import { describe, expect, it } from 'vitest';
import type { KvmServices } from '../kvm/calls.js';
import type { PowerState, PsciHost } from '../psci/host.js';
import { lptAddress, stolenTimeAddress } from '../pvtime/region.js';
import { dispatch } from './dispatch.js';

/** A machine of eight vCPUs in clusters of four, that records what was asked of it. */
class Recorder implements PsciHost {
  readonly vcpuCount = 8;
  readonly aarch32 = false;
  readonly log: string[] = [];
  readonly states: PowerState[] = ['on', 'off', 'off', 'on-pending', 'off', 'off', 'off', 'off'];

  mpidr(vcpu: number): bigint {
    // Bit 31 is RES1, bit 24 is MT: neither is part of an affinity.
    return 0x8100_0000n | BigInt(((vcpu >> 2) << 8) | (vcpu & 3)) | (vcpu >= 6 ? 0x2_0000_0000n : 0n);
  }
  powerState(vcpu: number): PowerState {
    return this.states[vcpu]!;
  }
  start(vcpu: number, entry: bigint, contextId: bigint): void {
    this.states[vcpu] = 'on-pending';
    this.log.push(`start ${vcpu} ${entry.toString(16)} ${contextId.toString(16)}`);
  }
  off(vcpu: number): void {
    this.states[vcpu] = 'off';
    this.log.push(`off ${vcpu}`);
  }
  suspend(vcpu: number): void {
    this.log.push(`suspend ${vcpu}`);
  }
  systemOff(): void {
    this.log.push('system off');
  }
  systemReset(): void {
    this.log.push('system reset');
  }
}

const kvm: KvmServices = {
  implementations: [],
  implementationTold: () => {},
  now: () => ({ utcNs: 0n, virtual: 0n, physical: 0n }),
};

function machine(pvTime: Parameters<typeof dispatch>[0]['pvTime'] = { profile: 'rfc2020', lpt: true }) {
  const psci = new Recorder();
  const call = (x0: number | bigint, ...args: (number | bigint)[]) => {
    const [x1, x2, x3] = [0, 1, 2].map((i) => BigInt(args[i] ?? 0));
    const result = dispatch({ psci, pvTime, kvm }, 0, BigInt(x0), x1!, x2!, x3!);
    return result.returns ? BigInt.asIntN(64, result.x[0]) : 'none';
  };
  return { psci, call };
}

describe('architecture calls', () => {
  it.each([
    [0x80000000, 0, 0x10001n],
    [0x80000001, 0x80000000, 0n],
    [0x80000001, 0x80000001, 0n],
    [0x80000001, 0x80008000, 1n],
    [0x80000001, 0x80007fff, -2n],
    [0x80000001, 0x80003fff, 1n],
    [0x80000001, 0x80000002, -1n], // SOC_ID
    [0x80000001, 0xc5000020, 0n],
    [0x80000001, 0xc5000021, -1n],
    [0x80000001, 0x84000050, -1n], // TRNG
    [0x80008000, 0, 0n],
    [0x80003fff, 0, 0n],
    [0x80007fff, 0, -1n],
    [0x84000050, 0, -1n],
    [0x8600ff00, 0, -1n],
    [0x8600ff01, 0, 0xb66fb428n],
    [0xc600ff01, 0, -1n],
    [0x86000000, 0, 3n],
    [0x8500ff01, 0, -1n],
    [0, 0, -1n],
    [0xffffffff, 0, -1n],
  ])('0x%x(0x%x) is %i', (id, argument, result) => expect(machine().call(id, argument)).toBe(result));

  it('returns 64-bit two complement in X0, and 0 in X1 to X3', () => {
    const services = { psci: new Recorder(), pvTime: { profile: 'off', lpt: false } as const, kvm };
    expect(dispatch(services, 0, 0x12345678n, 5n, 6n, 7n)).toEqual({
      returns: true,
      x: [0xffff_ffff_ffff_ffffn, 0n, 0n, 0n],
    });
  });

  it('takes the function identifier from W0', () => {
    expect(machine().call(0xdead_8400_0000n)).toBe(0x10001n);
  });

  it('has no PV time where it is off', () => {
    const { call } = machine({ profile: 'off', lpt: true });
    expect(call(0x80000001, 0xc5000020)).toBe(-1n);
    expect(call(0xc5000020, 0xc5000021)).toBe(-1n);
    expect(call(0xc5000021)).toBe(-1n);
  });

  it('answers PV time calls', () => {
    const { call } = machine();
    expect(call(0xc5000020, 0xc5000022)).toBe(0n);
    expect(call(0xc5000021)).toBe(BigInt(stolenTimeAddress(0)));
    expect(call(0xc5000022)).toBe(BigInt(lptAddress()));
    for (const id of [0x85000020, 0x85000021, 0x85000022]) expect(call(id, 0xc5000021)).toBe(-1n);
  });
});

describe('PSCI', () => {
  it.each([
    [0x84000000, 0x10001n],
    [0x84000006, 2n],
    [0x84000005, -1n], // MIGRATE
    [0x84000007, -1n], // MIGRATE_INFO_UP_CPU
    [0x84000012, -1n], // SYSTEM_RESET2
    [0xc4000000, -1n], // no SMC64 form
    [0xc4000002, -1n],
    [0xc4000008, -1n],
  ])('0x%x is %i', (id, result) => expect(machine().call(id)).toBe(result));

  it('PSCI_FEATURES answers for exactly what there is', () => {
    const { call } = machine();
    const there = new Set([
      0x80000000, 0x84000000, 0x84000001, 0xc4000001, 0x84000002, 0x84000003, 0xc4000003, 0x84000004, 0xc4000004,
      0x84000006, 0x84000008, 0x84000009, 0x8400000a,
    ]);
    for (let n = 0; n < 0x20; n++) {
      for (const base of [0x80000000, 0x84000000, 0xc4000000, 0xc5000000]) {
        expect(call(0x8400000a, base + n)).toBe(there.has(base + n) ? 0n : -1n);
      }
    }
  });

  it('CPU_ON starts a vCPU once', () => {
    const { psci, call } = machine();
    expect(call(0xc4000003, 0x101, 0x1_4000_0000n, 0xffff_ffff_ffff_ffffn)).toBe(0n);
    expect(psci.log).toEqual(['start 5 140000000 ffffffffffffffff']);
    expect(call(0xc4000003, 0x101, 0x40000000)).toBe(-5n);
    psci.states[5] = 'on';
    expect(call(0xc4000003, 0x101, 0x40000000)).toBe(-4n);
    expect(psci.log.length).toBe(1);
  });

  it('CPU_ON takes 32-bit arguments in its 32-bit form', () => {
    const { psci, call } = machine();
    expect(call(0x84000003, 0xdead_0000_0001n, 0x1_4000_0000n, 0x7_0000_0009n)).toBe(0n);
    expect(psci.log).toEqual(['start 1 40000000 9']);
  });

  it.each([
    ['itself', 0x0n, 0x40000000n, -4n],
    ['one that is coming', 0x3n, 0x40000000n, -5n],
    ['no vCPU', 0x4n, 0x40000000n, -2n],
    ['an MPIDR instead of an affinity', 0x8000_0001n, 0x40000000n, -2n],
    ['a misaligned entry', 0x1n, 0x40000002n, -9n],
    ['Aff3 left out', 0x102n, 0x40000000n, -2n],
    ['Aff3', 0x2_0000_0102n, 0x40000000n, 0n],
  ])('CPU_ON of %s', (_, target, entry, result) => {
    const { psci, call } = machine();
    expect(call(0xc4000003, target, entry)).toBe(result);
    expect(psci.log.length).toBe(result === 0n ? 1 : 0);
  });

  it('CPU_OFF, SYSTEM_OFF and SYSTEM_RESET do not return', () => {
    const { psci, call } = machine();
    expect([call(0x84000002), call(0x84000008), call(0x84000009)]).toEqual(['none', 'none', 'none']);
    expect(psci.log).toEqual(['off 0', 'system off', 'system reset']);
  });

  it('CPU_SUSPEND is WFI, whatever the power state asked for', () => {
    const { psci, call } = machine();
    expect([call(0xc4000001, 0), call(0x84000001, 0x1_0000, 0x40000000)]).toEqual([0n, 0n]);
    expect(psci.log).toEqual(['suspend 0', 'suspend 0']);
  });

  it.each([
    // affinity, lowest level, answer
    [0x0n, 0n, 0n],
    [0x1n, 0n, 1n],
    [0x3n, 0n, 2n],
    [0x0n, 1n, 0n],
    [0xffn, 1n, 0n],
    [0x100n, 1n, 1n],
    [0x0n, 2n, 0n],
    [0x2_0000_0000n, 3n, 1n],
    [0x4n, 0n, -2n],
    [0x300n, 1n, -2n],
    [0x0n, 4n, -2n],
    [0x8000_0000n, 0n, -2n],
  ])('AFFINITY_INFO(0x%x, %i) is %i', (affinity, level, answer) => {
    expect(machine().call(0xc4000004, affinity, level)).toBe(answer);
  });

  it('AFFINITY_INFO reports the furthest state of a cluster', () => {
    const { psci, call } = machine();
    psci.states.fill('off');
    expect(call(0xc4000004, 0, 1)).toBe(1n);
    psci.states[2] = 'on-pending';
    expect(call(0xc4000004, 0, 1)).toBe(2n);
    psci.states[1] = 'on';
    expect(call(0xc4000004, 0, 1)).toBe(0n);
  });
});
