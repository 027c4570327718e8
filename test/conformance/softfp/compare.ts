// Runs seeded cases on the reference and on the oracle and lists where they differ.
import { drawCase, Random } from './operands.js';
import { type Case, OPERATIONS } from './operations.js';
import type { Oracle } from './oracle.js';

const BATCH = 50_000;

export interface Comparison {
  readonly differences: string[];
  readonly differenceCount: number;
  /** OR of every FPSR seen, for each operation by name. */
  readonly flags: Map<string, number>;
  /** The operation, format and FPCR combinations visited. */
  readonly visited: Set<string>;
}

function describe(k: Case): string {
  const hex = (n: bigint): string => `0x${n.toString(16)}`;
  const { name } = OPERATIONS[k.operation]!;
  return `${name} fmt ${k.fmt} fpcr 0x${k.fpcr.toString(16)} param ${k.param} ${hex(k.a)} ${hex(k.b)} ${hex(k.c)}`;
}

/** Compares `count` cases; at most 40 differences are spelled out. */
export function compareWithOracle(oracle: Oracle, seed: number, count: number): Comparison {
  const random = new Random(seed);
  const differences: string[] = [];
  const flags = new Map<string, number>();
  const visited = new Set<string>();
  let differenceCount = 0;
  for (let start = 0; start < count; start += BATCH) {
    const cases = Array.from({ length: Math.min(BATCH, count - start) }, (_, i) => drawCase(random, start + i));
    oracle.run(cases).forEach((reply, i) => {
      const k = cases[i]!;
      const operation = OPERATIONS[k.operation]!;
      const control = { fpcr: k.fpcr, flags: 0 };
      const ours = operation.run(k, control);
      visited.add(`${k.operation} ${k.fmt} ${k.fpcr}`);
      flags.set(operation.name, (flags.get(operation.name) ?? 0) | reply.fpsr);
      const nzcvDiffers = ours.nzcv !== undefined && ours.nzcv !== reply.nzcv;
      if (ours.result === reply.result && control.flags === reply.fpsr && !nzcvDiffers) return;
      differenceCount++;
      if (differences.length < 40) {
        const got = `0x${ours.result.toString(16)} fpsr ${control.flags} nzcv ${ours.nzcv}`;
        const want = `0x${reply.result.toString(16)} fpsr ${reply.fpsr} nzcv ${reply.nzcv}`;
        differences.push(`${describe(k)}: ${got}, oracle ${want}`);
      }
    });
  }
  return { differences, differenceCount, flags, visited };
}
