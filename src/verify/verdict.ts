/** What a check says of a run. */
export interface Verdict {
  /** Stable name, as in docs/status and reports. */
  readonly name: string;
  readonly status: 'pass' | 'fail';
  readonly value: number;
  /** The largest (for counts: allowed) value that passes; null where any does. */
  readonly bound: number | null;
  readonly unit: string;
  /** One sentence: how much, where first. */
  readonly text: string;
  /** Instant (host time, ns), vCPU and pc of the first offence. */
  readonly first?: { readonly timeNs: number; readonly vcpu: number; readonly pc: string };
}
