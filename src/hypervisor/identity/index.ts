/** The CPU's identity at a migration: what a guest sees of its hosts' CPUs, and whether it can go on behind another. */
export * from './admit.js';
export * from './host-cpu.js';
export * from './implementations.js';
