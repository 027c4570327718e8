export * from './events.js';
export { TRACE_KINDS, type TraceSource, TraceStream } from './stream.js';
