/** The system part of a core: see core-system. */
export { CoreSystem } from './core-system.js';
export * from './identity.js';
export { type RegisterTable, readValue, registersOf, type SystemRegister, writeValue } from './registers/index.js';
export type { ResetOptions } from './reset.js';
export { SLOT, SLOT_NAMES, type SlotName } from './slots.js';
