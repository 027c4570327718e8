/** The interrupt translation service. */

export { hasCommands, loseDevice, type Mapping, mappings, runCommands, signalMsi } from './its.js';
export { NO_MEMORY, type TableMemory } from './memory.js';
export { ITS_SIZE, ITS_TABLE, TRANSLATER } from './registers.js';
export { MAX_QUEUE_BYTES } from './state.js';
