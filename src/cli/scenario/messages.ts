/** What the command and its worker threads tell each other. */
import type { RunOutcome, RunPlan } from '../../verify/scenario/index.js';
import type { ImagePaths } from './find.js';

/** To a worker: make this run. */
export interface Job {
  readonly plan: RunPlan;
  readonly paths: ImagePaths;
  readonly trace: TraceOrder | null;
}

/** Where a run's trace is to be written, and how large it may be. */
export interface TraceOrder {
  readonly path: string;
  readonly limit: number;
}

/** From a worker. */
export type Answer =
  | { readonly kind: 'progress'; readonly hostTimeNs: number }
  | { readonly kind: 'done'; readonly outcome: RunOutcome }
  /** One line for the user; the run goes on. */
  | { readonly kind: 'note'; readonly text: string }
  /** The run could not be made: one line why. */
  | { readonly kind: 'failed'; readonly text: string };

/** How one run went. */
export type RunResult =
  | { readonly kind: 'done'; readonly outcome: RunOutcome; readonly wallMs: number }
  | { readonly kind: 'failed'; readonly text: string; readonly wallMs: number }
  | { readonly kind: 'skipped'; readonly text: string };
