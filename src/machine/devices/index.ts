/**
 * The board's small devices.
 */

export { Pl011, type Pl011Connections } from './pl011.js';
export { type Pl011State, RX_QUEUE_MAX, resetPl011State } from './pl011-state.js';
export { Pl031, type Pl031Connections, type Pl031State, resetPl031State } from './pl031.js';
export { Pl061, type Pl061Connections, type Pl061State, POWER_KEY_LINE, resetPl061State } from './pl061.js';
