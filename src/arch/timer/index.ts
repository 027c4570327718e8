/**
 * The generic timer as the architecture defines it.
 */

export * from './comparator.js';
export * from './event-stream.js';
export * from './generic-timer.js';
export * from './time.js';
