/**
 * Migration strategies: what becomes of guest time on a host whose counter has another frequency.
 */

export * from './admit.js';
export * from './guest-time.js';
export * from './names.js';
export * from './plan.js';
