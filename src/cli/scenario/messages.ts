/** What the command and its worker threads tell each other. */
import type { RunOutcome, RunPlan } from '../../verify/scenario/index.js';
import type { ImagePaths } from './find.js';

/** To a worker: make this run. */
export interface Job {
  readonly plan: RunPlan;
  readonly paths: ImagePaths;
}

/** From a worker. */
export type Answer =
  | { readonly kind: 'progress'; readonly hostTimeNs: number }
  | { readonly kind: 'done'; readonly outcome: RunOutcome }
  /** The run could not be made: one line why. */
  | { readonly kind: 'failed'; readonly text: string };

/** How one run went. */
export type RunResult =
  | { readonly kind: 'done'; readonly outcome: RunOutcome; readonly wallMs: number }
  | { readonly kind: 'failed'; readonly text: string; readonly wallMs: number }
  | { readonly kind: 'skipped'; readonly text: string };
