/**
 * Deliberately broken variants of the vGIC, each with one rule of the state machine left out or turned round: the fuzzer
 * must tell every one of them from the reference model. A variant is a copy of the built files with one place changed.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Vgic } from '../../src/hypervisor/vgic/index.js';
import { Differential } from './differential.js';
import { sequence } from './fuzz.js';

const DIST = resolve(import.meta.dirname, '../../dist');
/** Sequences until a variant counts as not caught. */
const SEQUENCES = 3000;

const CPU = 'arch/gic/cpu-interface.js';
const LOAD = 'hypervisor/vgic/list-registers.js';
const LISTS = 'hypervisor/vgic/lists.js';
const IRQ = 'hypervisor/vgic/interrupt.js';
const BANKS = 'hypervisor/vgic/interrupt-registers.js';
const VGIC = 'hypervisor/vgic/vgic.js';

/** [the rule that is broken, file, what to replace, by what]. */
const MUTANTS: readonly [rule: string, file: string, from: string | RegExp, to: string][] = [
  ['an acknowledgement clears the latch', LOAD, /irq\.latch = false;/, ''],
  [
    'of those left out the latest acknowledged is ended',
    LOAD,
    'moreRecent(irq, ended) < 0',
    'moreRecent(irq, ended) > 0',
  ],
  ['an EOI that finds no list register counts', LOAD, 'endOutside(model, vcpu);', ';'],
  ['EOIs ask for an exit where an active one is left out', LOAD, '? HCR_LRENPIE :', '? 0 :'],
  ['EOIs trap where priorities do not nest', LOAD, 'return priorities === 0', 'return true'],
  ['pending ones left out come when those loaded run out', LOAD, 'control |= HCR_NPIE', 'control |= 0'],
  ['pending ones left out come when group 0 is disabled', LOAD, 'control |= HCR_VGRP0DIE', 'control |= 0'],
  ['pending ones left out come when group 1 is disabled', LOAD, 'control |= HCR_VGRP1DIE', 'control |= 0'],
  [
    'pending ones left out come when their group is enabled',
    LOAD,
    '? HCR_VGRP0EIE : HCR_VGRP1EIE',
    '? HCR_VGRP1EIE : HCR_VGRP0EIE',
  ],
  [
    'a moved one is not pending behind its active state',
    LOAD,
    'irq.edge && here && isForwarded',
    'irq.edge && isForwarded',
  ],
  ['a level that stays pends again after the end', LOAD, /if \(!irq\.edge\)\s+return true;/, ''],
  ['a move ends at the deactivation', LOAD, 'return irq.active && !here &&', 'return false && irq.active && !here &&'],
  ['what is routed elsewhere leaves the list', LOAD, 'if (to === vcpu.index) {', 'if (to !== NOWHERE) {'],
  [
    'DIR traps where another vCPU may have it active',
    LOAD,
    'model.vcpus.length > 1 ? HCR_TDIR',
    'model.vcpus.length > 9 ? HCR_TDIR',
  ],
  ['of equal priorities the lowest INTID comes first', LOAD, 'a.intid - b.intid', 'b.intid - a.intid'],
  ['of priorities the highest comes first', LOAD, 'return a.priority - b.priority', 'return b.priority - a.priority'],
  ['an instance that comes while loaded is not lost', LISTS, 'irq.latch ||= irq.again;', ''],
  [
    'a line that falls takes the pending state back',
    LISTS,
    'else if (!level && !irq.latch',
    'else if (false && !irq.latch',
  ],
  ['only a rising edge pends', LISTS, /if \(irq\.edge\) \{\s+if \(level\)/, 'if (irq.edge) { if (true)'],
  ['active stays where it was acknowledged', IRQ, 'irq.owner === NOWHERE ? irq.target : irq.owner', 'irq.target'],
  ['the line is no pending state of an edge', IRQ, 'irq.line && !irq.edge', 'irq.line'],
  ['what is disabled is not handed on', IRQ, 'return irq.enabled && ', 'return '],
  [
    'a change of routing learns what was done before',
    'hypervisor/vgic/move.js',
    /\blearn\(model, irq, accessor\);/,
    '',
  ],
  ['a write learns what was done before', BANKS, 'learn(model, irq, access.accessor);', ''],
  ['SGIs are always edge-triggered', BANKS, 'if (irq.intid >= 16)', 'if (true)'],
  [
    'pending and active state is synced before an access',
    'hypervisor/vgic/mmio.js',
    /if \(row\.live\)\s+settle/,
    'if (false) settle',
  ],
  ['the range selector counts', 'hypervisor/vgic/sgi.js', 'aff0 >> 4 === range', 'true'],
  ['ICC_SGI0R_EL1 reaches group 0 only', 'hypervisor/vgic/sgi.js', '|| irq.group === 0', '|| true'],
  ['IRM names all but the sender', 'hypervisor/vgic/sgi.js', 'return vcpu !== sender', 'return true'],
  ['a disabled group wakes nobody', VGIC, /if \(!hardware\.groupEnabled\(irq\.group\)\)\s+continue;/, ''],
  ['a trapped EOI ends what it names', VGIC, /this\.#deactivate\(vcpu, intid, \(irq\) => irq\.owner.*\);/, ''],
  ['a mask equal to the priority masks', CPU, 'priority >= this.#pmr', 'priority > this.#pmr'],
  [
    'the same group priority does not preempt',
    CPU,
    '(priority & mask) < (running & mask)',
    '(priority & mask) <= (running & mask)',
  ],
  ['CBPR gives group 1 the binary point of group 0', CPU, 'group === 1 && !this.#cbpr', 'group === 1'],
  ['with EOImode 1 an EOI only drops', CPU, 'if (!this.#eoiMode || intid', 'if (true || intid'],
  [
    'acknowledged in group 1 is active in group 1',
    CPU,
    /if \(group === 1\)\s+this\.#ap1 \|= bit;/,
    'if (group === 2) this.#ap1 |= bit;',
  ],
  ['a saved interrupt keeps its place among the acknowledged', IRQ, 'activation: irq.activation', 'activation: 0'],
  ['saved active priorities are restored', CPU, 'this.#ap1 = state.ap1r0', 'this.#ap1 = 0 * state.ap1r0'],
];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chronovisor-mutants-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The files without their source maps, which name sources that are not there. */
function copy(part: string, root: string): void {
  for (const name of readdirSync(join(DIST, part), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.js')) continue;
    const text = readFileSync(join(DIST, part, name), 'utf8').replace(/^\/\/# sourceMappingURL.*$/m, '');
    mkdirSync(dirname(join(root, part, name)), { recursive: true });
    writeFileSync(join(root, part, name), text);
  }
}

/** The vGIC with one place of one file changed. */
async function mutant(n: number, file: string, from: string | RegExp, to: string): Promise<typeof Vgic> {
  const root = join(folder, String(n));
  for (const part of ['arch/gic', 'hypervisor/vgic']) copy(part, root);
  for (const part of ['trace', 'machine']) symlinkSync(join(DIST, part), join(root, part));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  const text = readFileSync(join(root, file), 'utf8');
  expect(text.split(from).length - 1, `places in ${file}`).toBe(1);
  writeFileSync(join(root, file), text.replace(from, to));
  const url = pathToFileURL(join(root, 'hypervisor/vgic/index.js')).href;
  return ((await import(/* @vite-ignore */ url)) as { Vgic: typeof Vgic }).Vgic;
}

/** Sequences until one differs; SEQUENCES: none did. */
function played(Gic: typeof Vgic, sequences = SEQUENCES): number {
  for (let n = 0; n < sequences; n++) {
    const { setup, operations } = sequence(n);
    try {
      const run = new Differential(setup, undefined, null, Gic);
      for (const operation of operations) run.run(operation);
    } catch {
      return n;
    }
  }
  return sequences;
}

test('the copy with nothing changed is no variant', { timeout: 600_000 }, async () => {
  const same = 'irq.line && !irq.edge';
  expect(played(await mutant(MUTANTS.length, IRQ, same, same), 300)).toBe(300);
});

test.each(MUTANTS.map((it, n) => [it[0], n] as const))('%s', { timeout: 600_000 }, async (_rule, n) => {
  const [, file, from, to] = MUTANTS[n]!;
  expect(await mutant(n, file, from, to).then(played)).toBeLessThan(SEQUENCES);
});
