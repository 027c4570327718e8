/**
 * Cuts of a Debian boot. CI tries a few; CV_LINUX_CUTS=100 spreads that many over both machines and all choices.
 */
import { describe, expect, test } from 'vitest';
import { type Choice, runCuts, uncut } from './cuts.js';
import { type DebianOptions, debian, debianMachine } from './debian.js';

const MACHINES: DebianOptions[] = [
  { vcpus: 1, cpu: 'cortex-a57', memory: 128 << 20, append: 'console=ttyAMA0 quiet cv.nomodules cv.quiet' },
  { vcpus: 2, cpu: 'neoverse-n1', memory: 128 << 20, append: 'console=ttyAMA0 quiet cv.nomodules cv.quiet' },
];
const campaign = process.env.CV_LINUX_CUTS;
/** Cuts of each machine and choice. */
const PLAN: [DebianOptions, Choice, number][] = campaign
  ? MACHINES.flatMap((m) =>
      (['instructions', 'interrupts', 'time'] as const).map((c): [DebianOptions, Choice, number] => [
        m,
        c,
        Math.ceil(Number(campaign) / 6),
      ]),
    )
  : [
      [MACHINES[0]!, 'interrupts', 2],
      [MACHINES[1]!, 'time', 2],
    ];

const found = await debian();

describe.skipIf(!found.image)(found.image ? 'a Debian boot' : `no Debian image: ${found.reason}`, () => {
  const wholes = new Map<DebianOptions, ReturnType<typeof uncut>>();
  test.each(PLAN)('%j cut by %s %d times is the same run', (options, choice, points) => {
    const make = () => debianMachine(found.image!, options);
    const whole = wholes.get(options) ?? uncut(make());
    wholes.set(options, whole);
    expect(whole.console).toContain('CHRONOVISOR-DONE');
    const each = campaign
      ? (cut: object) => void process.stderr.write(`${choice} ${options.vcpus} ${JSON.stringify(cut)}\n`)
      : () => {};
    const seed = Number(process.env.CV_SEED ?? 1);
    const { cuts, outcome } = runCuts(make(), whole, { choice, points, seed, each });
    expect(cuts.filter((cut) => !cut.same)).toEqual([]);
    expect(cuts).toHaveLength(points);
    expect(outcome).toEqual(whole);
  });
});
