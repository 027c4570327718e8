export * from './events.js';
export { type Attention, TRACE_KINDS, type TraceSource, TraceStream } from './stream.js';
