/**
 * SMC Calling Convention: the guest's hypercalls.
 */

export * from './dispatch.js';
export * from './ids.js';
