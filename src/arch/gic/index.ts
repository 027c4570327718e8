/**
 * GICv3 as hardware: the virtual CPU interface and its list registers.
 */

export * from './cpu-interface.js';
export * from './list-register.js';
export * from './registers.js';
