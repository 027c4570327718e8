/** Gives vitest the matchers, where it is vitest that runs this, and its types where it is installed. */
import { type MonotonicOptions, matchers } from './matchers.js';

/** What `expect(vm)` can say beside vitest's own. */
export interface GuestTimeMatchers<R = unknown> {
  /** Its counter never went back and kept its rate; for a guest that uses Live Physical Time, its PV counter. */
  toKeepMonotonicTime(options?: MonotonicOptions): R;
  /** No check of its time failed. */
  toKeepTime(): R;
  /** No interrupt was lost on its way, or given twice. */
  toHaveLostNoInterrupts(): R;
  /** The check of the name failed: 'timer-early'. */
  toHaveFailed(name: string): R;
}

// biome-ignore lint/suspicious/noTsIgnore: an error only where vitest is not installed
/** @ts-ignore */
declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: the declaration that this adds to has it
  interface Matchers<T = any> extends GuestTimeMatchers<T> {}
}

/** Nothing, where vitest does not run. */
export async function extendVitest(): Promise<void> {
  if (!process.env.VITEST) return;
  const { expect } = await import('vitest');
  expect.extend(matchers);
}
