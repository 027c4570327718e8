/** What a check says of a run. docs/verdicts.md lists them. */
export interface Verdict {
  /** Stable name, as in docs/verdicts.md, reports and scenario files. */
  readonly name: string;
  /** not-applicable: nothing happened that it could judge; it neither passes nor fails. */
  readonly status: 'pass' | 'fail' | 'not-applicable';
  readonly value: number;
  /** The largest (for counts: allowed) value that passes; null where any does. */
  readonly bound: number | null;
  readonly unit: string;
  /** One sentence: how much, where first. */
  readonly text: string;
  /** Instant (host time, ns), vCPU and pc of the first offence; vCPU -1: all, pc 0x0: none in particular. */
  readonly first?: { readonly timeNs: number; readonly vcpu: number; readonly pc: string };
}
