/** Linux's clocks and timers over migrations, measured from outside with `guests/linux-time`. */
export * from './log.js';
export * from './measure.js';
export * from './run.js';
export * from './table.js';
