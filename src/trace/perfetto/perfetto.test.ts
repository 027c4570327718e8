import { describe, expect, it } from 'vitest';
import { guestMachine, type MachineOptions } from '../../../test/support/machine.js';
import { readTrace } from '../../../test/support/perfetto.js';
import { stateHash } from '../../cli/state-hash.js';
import { parseHost } from '../../host/frequency.js';
import { migrate } from '../../migration/migrate.js';
import { PerfettoWriter, Tracer } from './index.js';

function traced(guest: string, options: MachineOptions, limit?: number) {
  const machine = guestMachine(guest, options);
  const chunks: Uint8Array[] = [];
  const writer = new PerfettoWriter((chunk) => chunks.push(chunk.slice()), limit);
  const tracer = new Tracer(writer, machine.vm.vcpus.length, guest);
  machine.vm.trace.listen(tracer.listeners);
  const finish = () => {
    tracer.close();
    return new Uint8Array(Buffer.concat(chunks));
  };
  return { machine, writer, finish };
}

const TICKS: MachineOptions = { bootargs: 'exit=semihosting rounds=1 long=2 lines=0' };

describe('a writer', () => {
  it('writes what a reader reads, numbers of every size', () => {
    const chunks: Uint8Array[] = [];
    const out = new PerfettoWriter((chunk) => chunks.push(chunk.slice()));
    const thread = out.thread(7, 'T');
    const counter = out.counterTrack(thread, 'C');
    const big = (1n << 64n) - 1n;
    out.begin(thread, 5_000n, 'slice', { args: { big, text: 'ä', no: false, negative: -3 }, flow: 2 ** 40 + 1 });
    out.end(thread, 2n ** 80n, { flow: 1, last: true });
    out.counter(counter, 7_000n, -1n);
    out.close();
    const { tracks, events } = readTrace(new Uint8Array(Buffer.concat(chunks)));
    expect(tracks).toEqual(['T', 'C']);
    const args = { big, text: 'ä', no: 0n, negative: (1n << 64n) - 3n };
    expect(events[0]).toMatchObject({
      track: 'T',
      type: 'begin',
      time: 5n,
      name: 'slice',
      flows: [2n ** 40n + 1n],
      args,
    });
    expect(events[1]).toMatchObject({
      type: 'end',
      time: BigInt.asUintN(64, 2n ** 80n / 1000n),
      flows: [1n],
      ends: true,
    });
    expect(events[2]).toMatchObject({ track: 'C', type: 'counter', time: 7n, value: (1n << 64n) - 1n });
  });
});

describe('the trace of a run', () => {
  it('has a slice for every stretch, nested and ended, and stretches that fill the time', () => {
    const { machine, finish } = traced('smp', { vcpus: 2, steal: ['vcpu=0 every=300us for=100us'] });
    machine.host.run();
    const { events } = readTrace(finish());
    const depth = new Map<string, number>();
    for (const e of events) {
      if (e.type === 'begin') depth.set(e.track, (depth.get(e.track) ?? 0) + 1);
      if (e.type === 'end') depth.set(e.track, depth.get(e.track)! - 1);
      expect(depth.get(e.track) ?? 0, e.track).toBeGreaterThanOrEqual(0);
    }
    // The guest ends inside no interrupt handler.
    expect([...depth.values()].every((d) => d === 0)).toBe(true);
    const stretches = events.filter((e) => e.track === 'vCPU 0' && e.type !== 'instant');
    const sums: Record<string, bigint> = {};
    for (let i = 0; i < stretches.length; i += 2) {
      const [begin, end] = [stretches[i]!, stretches[i + 1]!];
      expect([begin.type, end.type]).toEqual(['begin', 'end']);
      if (i) expect(begin.time).toBe(stretches[i - 1]!.time);
      sums[begin.name] = (sums[begin.name] ?? 0n) + end.time - begin.time;
    }
    const { running, stolen } = machine.host.accounts[0]!;
    expect(Math.abs(Number(sums.running! - running / 1000n))).toBeLessThan(stretches.length);
    expect(Math.abs(Number(sums.stolen! - stolen / 1000n))).toBeLessThan(stretches.length);
    expect(sums.stolen).toBeGreaterThan(0n);
  });

  it('shows each timer interrupt as one flow: line, list register, acknowledge, end', () => {
    const { machine, finish } = traced('ticks', TICKS);
    machine.host.run();
    const { events } = readTrace(finish());
    const acknowledges = events.filter((e) => e.type === 'begin' && e.name === 'PPI 27 virtual timer');
    expect(acknowledges.length).toBeGreaterThan(5);
    for (const { flows, args } of acknowledges) {
      const path = events.filter((e) => e.flows.includes(flows[0]!));
      // The guest may take the line down and up again before it lets the interrupt through.
      const steps = path.map((e) => e.name.replace('PPI 27 virtual timer', '').trim());
      expect(steps.filter((step, i) => steps.indexOf(step) === i)).toEqual([
        'deadline, line up',
        'in list register',
        '',
        'EOI',
      ]);
      expect(path.at(-1)!.ends).toBe(true);
      expect(args.pc).toMatch(/^0x4/);
      for (let i = 1; i < path.length; i++) expect(path[i]!.time).toBeGreaterThanOrEqual(path[i - 1]!.time);
    }
  });

  it('shows SGIs from the vCPU that sends them, exits by cause, and migrations', () => {
    const { machine, finish } = traced('smp', { vcpus: 2 });
    machine.host.run({ instructions: 200_000 });
    const stop = machine.host.now();
    migrate(machine, parseHost('1GHz'), 'offset', 3_000_000_000n);
    machine.host.run();
    const { events } = readTrace(finish());
    const sent = events.filter((e) => e.name.endsWith('sent'));
    expect(new Set(sent.map((e) => e.track))).toEqual(new Set(['vCPU 0 interrupts', 'vCPU 1 interrupts']));
    for (const { flows } of sent) {
      const path = events.filter((e) => e.flows.includes(flows[0]!)).map((e) => e.name);
      expect(path.some((name) => name.endsWith('pending'))).toBe(true);
    }
    const causes = new Set(events.filter((e) => e.track.endsWith('exits') && e.type === 'begin').map((e) => e.name));
    for (const cause of ['hypercall', 'mmioVgic', 'mmioUser', 'eoi', 'ipi']) expect(causes).toContain(cause);
    const [begin, end] = events.filter((e) => e.track === 'migrations');
    expect(begin).toMatchObject({ name: '25MHz -> 1GHz, offset', time: stop / 1000n });
    expect(end!.time - begin!.time).toBe(3_000_000n);
  });

  it('changes nothing of the run', () => {
    const options: MachineOptions = { vcpus: 2, steal: ['vcpu=1 every=700us for=100us'] };
    const { machine, finish } = traced('smp', options);
    const plain = guestMachine('smp', options);
    machine.host.run();
    plain.host.run();
    finish();
    expect(stateHash(machine)).toBe(stateHash(plain));
  });

  it('ends at its limit with whole packets', () => {
    const { machine, writer, finish } = traced('smp', { vcpus: 2 }, 100_000);
    machine.host.run();
    const bytes = finish();
    expect(writer.full).toBe(true);
    expect(bytes.length).toBe(writer.size);
    expect(bytes.length).toBeLessThanOrEqual(100_000);
    expect(bytes.length).toBeGreaterThan(99_000);
    expect(readTrace(bytes).events.length).toBeGreaterThan(100);
  });
});
