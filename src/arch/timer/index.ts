/**
 * The generic timer as the architecture defines it.
 */

export * from './comparator.js';
export * from './counter-view.js';
export * from './event-stream.js';
export * from './generic-timer.js';
export * from './hypervisor-control.js';
export * from './time.js';
