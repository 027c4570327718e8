/**
 * Power State Coordination Interface.
 */

export * from './host.js';
export * from './ids.js';
export * from './psci.js';
