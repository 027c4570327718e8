/** The vmclock device: a page that tells a guest true time, and that it has been migrated. */
export * from './layout.js';
export * from './vmclock.js';
