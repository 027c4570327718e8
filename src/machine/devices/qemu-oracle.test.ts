/**
 * The devices against QEMU's virt machine: the same random register accesses on both, every value read compared.
 * QEMU is driven over its test protocol with the machine stopped, so that its clock does not move.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MmioDevice } from '../bus.js';
import { Pl011 } from './pl011.js';
import { Pl031 } from './pl031.js';
import { Pl061 } from './pl061.js';

const QEMU = 'qemu-system-aarch64';
const available = spawnSync(QEMU, ['--version']).status === 0;
const EPOCH = 1_577_836_800; // 2020-01-01T00:00:00Z

type Step =
  | { op: 'read'; offset: number }
  | { op: 'write'; offset: number; value: number }
  | { op: 'input'; line: number; level: boolean };

class Qemu {
  readonly #process = spawn(
    QEMU,
    // biome-ignore format: one option a word
    ['-M', 'virt', '-cpu', 'cortex-a57', '-S', '-display', 'none', '-nodefaults', '-serial', 'null', '-qtest', 'stdio',
      '-qtest-log', '/dev/null', '-rtc', 'base=2020-01-01T00:00:00,clock=vm'],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
  readonly #waiting: ((line: string) => void)[] = [];

  constructor() {
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#waiting.shift()?.(line));
  }

  /** Carries out the steps on the device at `base`; the values of the reads. */
  async run(base: number, steps: readonly Step[]): Promise<number[]> {
    const replies = await Promise.all(steps.map((step) => this.#command(text(base, step))));
    return replies.flatMap((reply, i) => {
      if (!reply.startsWith('OK')) throw new Error(`QEMU: ${text(base, steps[i]!)}: ${reply}`);
      return steps[i]!.op === 'read' ? [Number(reply.slice(3))] : [];
    });
  }

  stop(): void {
    this.#process.kill();
  }

  #command(command: string): Promise<string> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#process.stdin.write(`${command}\n`);
    });
  }
}

function text(base: number, step: Step): string {
  if (step.op === 'read') return `readl 0x${(base + step.offset).toString(16)}`;
  if (step.op === 'write') return `writel 0x${(base + step.offset).toString(16)} 0x${step.value.toString(16)}`;
  return `set_irq_in /machine/unattached/device[6] unnamed-gpio-in ${step.line} ${step.level ? 1 : 0}`;
}

function runOurs(device: MmioDevice, steps: readonly Step[]): number[] {
  return steps.flatMap((step) => {
    if (step.op === 'read') return [Number(device.read(step.offset, 4))];
    if (step.op === 'write') device.write(step.offset, 4, BigInt(step.value));
    else (device as Pl061).setInput(step.line, step.level);
    return [];
  });
}

const read = (offsets: readonly number[]) =>
  fc.constantFrom(...offsets).map((offset): Step => ({ op: 'read', offset }));
/** Writes of values within each register's defined bits. */
const write = (registers: readonly (readonly [number, number])[]) =>
  fc
    .tuple(fc.constantFrom(...registers), fc.integer({ min: 0, max: 0xffff_ffff }))
    .map(([[offset, mask], value]): Step => ({ op: 'write', offset, value: (value & mask) >>> 0 }));
const identification = Array.from({ length: 8 }, (_, i) => 0xfe0 + 4 * i);

describe.skipIf(!available)('against QEMU', () => {
  let qemu: Qemu;
  beforeAll(() => {
    qemu = new Qemu();
  });
  afterAll(() => qemu.stop());

  const compare = (base: number, make: () => MmioDevice, resetSteps: readonly Step[], steps: fc.Arbitrary<Step>) =>
    fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 80, size: 'max' }), async (list) => {
        const all = [...resetSteps, ...list];
        expect(runOurs(make(), all)).toEqual(await qemu.run(base, all));
      }),
      { numRuns: 150, seed: 1 },
    );

  it('the reset values of all three', async () => {
    const quiet = { transmit: () => {}, interrupt: () => {}, now: () => 0n, startEpoch: EPOCH };
    for (const [base, device, offsets] of [
      [0x0900_0000, Pl011.create(quiet), [0, 4, 0x18, 0x20, 0x24, 0x28, 0x2c, 0x30, 0x34, 0x38, 0x3c, 0x40, 0x48]],
      [0x0901_0000, Pl031.create(quiet), [0, 4, 8, 12, 16, 20, 24]],
      [0x0903_0000, Pl061.create(quiet), [0x3fc, 0x400, 0x404, 0x408, 0x40c, 0x410, 0x414, 0x418, 0x420]],
    ] as const) {
      const steps = [...offsets, ...identification].map((offset): Step => ({ op: 'read', offset }));
      expect(runOurs(device, steps)).toEqual(await qemu.run(base, steps));
    }
  });

  it('PL011: baud rate, line control, interrupts, transmission', async () => {
    const reset: Step[] = [0x20, 0x24, 0x28, 0x2c, 0x38, 0x48]
      .map((offset): Step => ({ op: 'write', offset, value: 0 }))
      .concat({ op: 'write', offset: 0x30, value: 0x300 }, { op: 'write', offset: 0x34, value: 0x12 })
      .concat({ op: 'write', offset: 0x44, value: 0x7ff });
    await compare(
      0x0900_0000,
      () => Pl011.create({ transmit: () => {}, interrupt: () => {} }),
      reset,
      fc.oneof(
        read([0x00, 0x18, 0x20, 0x24, 0x28, 0x2c, 0x30, 0x34, 0x38, 0x3c, 0x40, 0x48, ...identification]),
        // CR without loopback, LCR_H without break, DMACR without requests: QEMU 7.2 has none of them.
        write([
          [0x00, 0xff],
          [0x20, 0xff],
          [0x24, 0xffff],
          [0x28, 0x3f],
          [0x2c, 0xfe],
          [0x30, 0xff07],
          [0x34, 0x3f],
          [0x38, 0x7ff],
          [0x44, 0x7ff],
          [0x48, 0x4],
        ]),
      ),
    );
  });

  it('PL031: load, match, interrupt', async () => {
    const reset: Step[] = [
      { op: 'write', offset: 0x08, value: EPOCH },
      { op: 'write', offset: 0x04, value: EPOCH - 1 },
      { op: 'write', offset: 0x10, value: 0 },
      { op: 'write', offset: 0x1c, value: 1 },
    ];
    await compare(
      0x0901_0000,
      () => Pl031.create({ now: () => 0n, startEpoch: EPOCH, interrupt: () => {} }),
      reset,
      fc.oneof(
        read([0, 4, 8, 12, 16, 20, 24]),
        // Small values, so that MR and DR meet now and then.
        write([
          [0x04, 3],
          [0x08, 3],
          [0x08, 0xffff_ffff],
          [0x10, 1],
          [0x1c, 1],
        ]),
      ),
    );
  });

  it('PL061: data, edges', async () => {
    const reset: Step[] = [0x404, 0x408, 0x40c, 0x410, 0x420]
      .map((offset): Step => ({ op: 'write', offset, value: 0 }))
      .concat({ op: 'write', offset: 0x400, value: 0xff }, { op: 'write', offset: 0x3fc, value: 0 })
      .concat(Array.from({ length: 8 }, (_, line): Step => ({ op: 'input', line, level: false })))
      .concat({ op: 'write', offset: 0x400, value: 0 }, { op: 'write', offset: 0x41c, value: 0xff });
    await compare(
      0x0903_0000,
      () => Pl061.create({ interrupt: () => {} }),
      reset,
      fc.oneof(
        read([0x3fc, 0x28, 0x404, 0x408, 0x40c, 0x410, 0x414, 0x418, 0x420]),
        // Not GPIOIS: QEMU 7.2 latches a level until GPIOIC, DDI 0190 has it follow the line.
        write([
          [0x3fc, 0xff],
          [0x0f0, 0xff],
          [0x408, 0xff],
          [0x40c, 0xff],
          [0x410, 0xff],
          [0x41c, 0xff],
        ]),
        fc
          .record({ line: fc.integer({ min: 0, max: 7 }), level: fc.boolean() })
          .map((i): Step => ({ op: 'input', ...i })),
      ),
    );
  });
});
