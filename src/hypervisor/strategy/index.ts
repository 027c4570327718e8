/**
 * Migration strategies: what becomes of guest time on a host whose counter has another frequency.
 */

export * from './names.js';
export * from './plan.js';
