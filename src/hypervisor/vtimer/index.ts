/**
 * The virtual timers of a vCPU, seen from the hypervisor.
 */

export * from './faults.js';
export * from './vtimer.js';
