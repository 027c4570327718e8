export { checkFlash, Flash, type FlashCells, type FlashState, MAX_BUFFERED, resetFlashState } from './flash.js';
export { BANK_BYTES } from './query.js';
