/** What KVM offers a guest beside the architected calls. */
export * from './calls.js';
export * from './ids.js';
