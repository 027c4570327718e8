/**
 * Paravirtual time (Arm DEN0057A): stolen time and Live Physical Time.
 */

export * from './calls.js';
export * from './layout.js';
export * from './lpt.js';
export * from './profile.js';
export * from './region.js';
export * from './scale.js';
export * from './stolen.js';
