/**
 * The generic timer against QEMU: a bare-metal guest writes CTL, CVAL and TVAL and reads them back between two reads of
 * the counter; the model, asked at both counts, must bracket what QEMU's CPU answered.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GenericTimer, resetTimerState, type TimerRegister } from './generic-timer.js';

const GCC = 'aarch64-linux-gnu-gcc';
const QEMU = 'qemu-system-aarch64';
const available = [GCC, QEMU].every((tool) => spawnSync(tool, ['--version']).status === 0);

const MAX = (1n << 64n) - 1n;
/** CVAL as an absolute value, or relative to the counter at the write; or TVAL. */
const values: [kind: 'cval' | 'cval+' | 'tval', value: bigint][] = [
  ...[0n, 1n, (1n << 31n) - 1n, 1n << 32n, (1n << 56n) - 1n, (1n << 63n) - 1n, 1n << 63n, MAX - 1n, MAX].map(
    (v): ['cval', bigint] => ['cval', v],
  ),
  ...[0n, -1n, 10_000_000n, -10_000_000n, 1n << 31n, -(1n << 31n) - 1n, (1n << 32n) + 5n, 1n << 55n].map(
    (v): ['cval+', bigint] => ['cval+', v & MAX],
  ),
  ...[0n, 1n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 0x7fff_ffff_1000_0000n, MAX].map((v): ['tval', bigint] => [
    'tval',
    v,
  ]),
];
const cases = (['v', 'p'] as const).flatMap((timer) =>
  values.flatMap(([kind, value]) => [0, 1, 2, 3, 5, 7].map((ctl) => ({ timer, kind, value, ctl }))),
);

function guest(): string {
  const body = cases.map(({ timer, kind, value, ctl }) => {
    const target = kind === 'tval' ? `cnt${timer}_tval_el0` : `cnt${timer}_cval_el0`;
    const operand = kind === 'cval+' ? `READ(cnt${timer}ct_el0) + ${value}ul` : `${value}ul`;
    return `at = READ(cnt${timer}ct_el0); WRITE(${target}, ${operand}); end = READ(cnt${timer}ct_el0);
      WRITE(cnt${timer}_ctl_el0, ${ctl}ul);
      before = READ(cnt${timer}ct_el0);
      c = READ(cnt${timer}_ctl_el0); t = READ(cnt${timer}_tval_el0); v = READ(cnt${timer}_cval_el0);
      after = READ(cnt${timer}ct_el0);
      hex(at); hex(end); hex(before); hex(after); hex(c); hex(t); hex(v); *(volatile char *)0x09000000 = '\\n';`;
  });
  return `
    #define READ(r) ({ unsigned long x; asm volatile("isb; mrs %0, " #r : "=r"(x) :: "memory"); x; })
    #define WRITE(r, e) asm volatile("msr " #r ", %0; isb" :: "r"(e) : "memory")
    static void hex(unsigned long x) {
      for (int i = 60; i >= 0; i -= 4) *(volatile char *)0x09000000 = "0123456789abcdef"[(x >> i) & 15];
      *(volatile char *)0x09000000 = ' ';
    }
    void body(void) {
      unsigned long at, end, before, after, c, t, v;
      ${body.join('\n')}
    }
    asm(".globl _start\\n_start: ldr x0, =0x48000000\\n mov sp, x0\\n bl body\\n"
        " ldr x0, =0x84000008\\n hvc #0\\n b .\\n");`;
}

function runGuest(): bigint[][] {
  const folder = mkdtempSync(join(tmpdir(), 'chronovisor-timer-'));
  try {
    const [source, image] = [join(folder, 'guest.c'), join(folder, 'guest.elf')];
    writeFileSync(source, guest());
    const flags = ['-O1', '-ffreestanding', '-nostdlib', '-static', '-mgeneral-regs-only', '-Wl,-Ttext=0x40080000'];
    const build = spawnSync(GCC, [...flags, '-o', image, source], { encoding: 'utf8' });
    if (build.status !== 0) throw new Error(build.stderr);
    const machine = ['-M', 'virt', '-cpu', 'cortex-a57', '-display', 'none', '-nodefaults', '-serial', 'stdio'];
    const run = spawnSync(QEMU, [...machine, '-kernel', image], { encoding: 'utf8', timeout: 60_000 });
    if (run.status !== 0) throw new Error(`QEMU: ${run.status} ${run.stderr}`);
    return run.stdout
      .trimEnd()
      .split('\n')
      .map((line) =>
        line
          .trim()
          .split(' ')
          .map((word) => BigInt(`0x${word}`)),
      );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.skipIf(!available)('against QEMU', () => {
  it('reads CTL, TVAL and CVAL as QEMU does, edges included', () => {
    const results = runGuest();
    expect(results.length).toBe(cases.length);
    for (const [i, { timer, kind, value, ctl }] of cases.entries()) {
      const [at, end, before, after, readCtl, readTval, readCval] = results[i] as [
        bigint,
        bigint,
        bigint,
        bigint,
        bigint,
        bigint,
        bigint,
      ];
      const name = (register: 'CTL' | 'TVAL' | 'CVAL') => `CNT${timer.toUpperCase()}_${register}_EL0` as TimerRegister;
      const label = `${timer} ${kind} ${value} ctl ${ctl}`;

      // The value written at either count brackets the CVAL that came of it.
      const written = [at, end].map((count) => {
        const model = new GenericTimer(resetTimerState());
        if (kind === 'tval') model.write(name('TVAL'), value, count);
        else model.write(name('CVAL'), kind === 'cval+' ? value + count : value, count);
        return model.read(name('CVAL'), count);
      });
      expect(BigInt.asUintN(64, readCval - written[0]!) <= BigInt.asUintN(64, written[1]! - written[0]!), label).toBe(
        true,
      );

      const model = new GenericTimer(resetTimerState());
      model.write(name('CVAL'), readCval, before);
      model.write(name('CTL'), BigInt(ctl), before);
      expect([model.read(name('CTL'), before), model.read(name('CTL'), after)], label).toContain(readCtl);
      const [first, last] = [model.read(name('TVAL'), before), model.read(name('TVAL'), after)];
      expect(BigInt.asUintN(32, first - readTval) <= BigInt.asUintN(32, first - last), label).toBe(true);
      expect(readTval >> 32n, label).toBe(0n);
    }
  });
});
