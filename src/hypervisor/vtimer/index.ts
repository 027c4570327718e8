/**
 * The virtual timers of a vCPU, seen from the hypervisor.
 */

export * from './vtimer.js';
