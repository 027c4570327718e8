import type { RuntimeFunction } from '../runtime.js';
export const FP_RUNTIME: Readonly<Record<string, RuntimeFunction>> = {};
