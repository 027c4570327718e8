export { Tracer } from './tracer.js';
export { PerfettoWriter } from './writer.js';
