/** What a packet that resumes lets each vCPU do (GDB manual, E.2: vCont). */
import type { Allowance } from './target.js';

export interface Resumption {
  readonly allowances: readonly Allowance[];
  /** Range stepping: a step of this vCPU that ends within [start, end) goes on. */
  readonly range: { readonly vcpu: number; readonly start: bigint; readonly end: bigint } | null;
}

const ACTION = /^(?:([cs])|([CS])[0-9a-f]{2}|r([0-9a-f]{1,16}),([0-9a-f]{1,16}))(?::(.*))?$/i;

/**
 * @param text the actions of a vCont packet, without `vCont;`; for each thread the leftmost that names it counts
 * @param thread vCPU of a thread id other than -1; null where there is none
 * @returns null where it is no such packet
 */
export function parseResumption(text: string, vcpus: number, thread: (id: string) => number | null): Resumption | null {
  const allowances = new Array<Allowance | undefined>(vcpus).fill(undefined);
  let range: Resumption['range'] = null;
  for (const action of text.split(';')) {
    const match = ACTION.exec(action);
    if (!match) return null;
    const [, plain, signalled, start, end, id] = match;
    const all = id === undefined || id === '-1';
    const named = all ? null : thread(id);
    if (!all && named === null) return null;
    const allowance: Allowance = (plain ?? signalled ?? 's').toLowerCase() === 'c' ? 'run' : 'step';
    for (let vcpu = 0; vcpu < vcpus; vcpu++) {
      if (allowances[vcpu] || (named !== null && named !== vcpu)) continue;
      allowances[vcpu] = allowance;
      if (start) range ??= { vcpu, start: BigInt(`0x${start}`), end: BigInt(`0x${end}`) };
    }
  }
  return { allowances: allowances.map((a) => a ?? 'hold'), range };
}
