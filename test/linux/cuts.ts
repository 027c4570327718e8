/**
 * A Linux boot cut by save and restore: at points of the run, inside exception handlers and idle waits among them, a
 * fresh machine made from the snapshot must come to the state that the run without the cut comes to.
 */
import { stateHash } from '../../src/cli/state-hash.js';
import type { RunLimit } from '../../src/host/host.js';
import { type Machine, restoreSnapshot, saveSnapshot } from '../../src/migration/snapshot.js';
import { Random } from '../conformance/random.js';

/** Where a cut fell: in the vector table, with interrupts masked, in an idle wait of every vCPU, or elsewhere. */
export type Place = 'vector' | 'masked' | 'idle' | 'kernel' | 'user';

export interface Cut {
  readonly instructions: number;
  readonly place: Place;
  readonly engine: 'interp' | 'jit';
  /** Whether the restored machine ran to the end; else it ran SPAN. */
  readonly toTheEnd: boolean;
  readonly same: boolean;
}

/** What a whole run came to. */
export interface Outcome {
  readonly instructions: number;
  readonly time: bigint;
  readonly console: string;
  readonly hash: string;
}

/** How to choose instants: anywhere in instructions, just behind a timer's interrupt, or anywhere in time. */
export type Choice = 'instructions' | 'interrupts' | 'time';

/** Instructions, or host time where it mostly waits, that a restored machine runs before its state is compared. */
const SPAN = 2_000_000;
const SPAN_PS = 10_000_000_000n;
/** Longest way into an interrupt handler: the vector, the entry code, the acknowledge and part of the handler. */
const INTO_HANDLER = 600;
/** One cut of so many is followed to the end of the run. */
const TO_THE_END = 7;
const DAIF_I = 1 << 7;
const VECTORS = 0x800n;

/** Collects what a machine prints from now on. */
function listen(machine: Machine): () => string {
  const bytes: number[] = [];
  machine.host.onTransmit = (byte) => bytes.push(byte);
  return () => Buffer.from(bytes).toString('latin1');
}

function run({ host }: Machine, limit: RunLimit = {}): void {
  const stop = host.run(limit);
  if (stop !== 'limit' && stop !== 'ended') throw new Error(`the run stopped: ${stop}`);
}

const after = ({ host }: Machine, instructions: number): RunLimit => ({
  instructions: host.instructions + instructions,
});

const span = (machine: Machine): RunLimit => ({ ...after(machine, SPAN), until: machine.host.now() + SPAN_PS });

const outcome = (machine: Machine, console: string): Outcome => ({
  instructions: machine.host.instructions,
  time: machine.host.now(),
  console,
  hash: stateHash(machine),
});

/** The whole run, cut nowhere. */
export function uncut(machine: Machine): Outcome {
  const console = listen(machine);
  run(machine);
  return outcome(machine, console());
}

function placeOf({ vm }: Machine): Place {
  if (vm.vcpus.every((_, v) => !vm.runnable(v))) return 'idle';
  const { vcpus, last } = vm.save();
  const { pc, el, daif, system } = vcpus[last]!.core;
  const vector = BigInt.asUintN(64, pc - system.VBAR_EL1!);
  if (el === 1 && vector < VECTORS) return 'vector';
  if (el === 0) return 'user';
  return daif & DAIF_I ? 'masked' : 'kernel';
}

/** Random instants of a run in its order, none in the last hundredth: what is done at one needs some room. */
function instants(random: Random, points: number, end: bigint): bigint[] {
  const parts = (1n << 32n) + (1n << 26n);
  const list = Array.from({ length: points }, () => (BigInt(random.word()) * end) / parts);
  return list.sort((a, b) => Number(a - b));
}

/** The first instant after now at which a vCPU's timer wants attention. */
function nextTimer({ host, vm }: Machine): bigint {
  const due = vm.vcpus.flatMap((_, v) => {
    const at = vm.deadline(v);
    return at !== null && at > host.now() ? [at] : [];
  });
  return due.sort((a, b) => Number(a - b))[0] ?? host.now();
}

function goTo(machine: Machine, choice: Choice, instant: bigint, random: Random): void {
  if (choice === 'time') return run(machine, { until: instant });
  run(machine, { instructions: Number(instant) });
  if (choice === 'instructions') return;
  run(machine, { until: nextTimer(machine) });
  run(machine, after(machine, 1 + random.below(random.chance(1, 2) ? 12 : INTO_HANDLER)));
}

/**
 * Runs `machine` to its end and on the way compares a restored copy at each point with it.
 * @param whole what the run comes to without cuts
 * @param each hears of every cut when it is known
 * @returns the cuts, and what the run with them came to: it must be `whole`
 */
export function runCuts(
  machine: Machine,
  whole: Outcome,
  options: { choice: Choice; points: number; seed: number; each?: (cut: Cut) => void },
): { cuts: Cut[]; outcome: Outcome } {
  const { choice, points, seed, each } = options;
  const random = new Random(seed);
  const end = choice === 'time' ? whole.time : BigInt(whole.instructions);
  const console = listen(machine);
  const cuts: Cut[] = [];
  for (const [n, instant] of instants(random, points, end).entries()) {
    goTo(machine, choice, instant, random);
    if (machine.vm.end) break;
    const cut = { instructions: machine.host.instructions, place: placeOf(machine) };
    const before = console();
    const engine = n % 2 ? 'jit' : 'interp';
    const copy = restoreSnapshot(saveSnapshot(machine), engine);
    const heard = listen(copy);
    const toTheEnd = n % TO_THE_END === 1;
    let same: boolean;
    if (toTheEnd) {
      run(copy);
      same = stateHash(copy) === whole.hash && before + heard() === whole.console;
    } else {
      run(copy, span(copy));
      run(machine, span(machine));
      same = stateHash(copy) === stateHash(machine) && console() === before + heard();
    }
    cuts.push({ ...cut, engine, toTheEnd, same });
    each?.(cuts.at(-1)!);
  }
  run(machine);
  return { cuts, outcome: outcome(machine, console()) };
}
