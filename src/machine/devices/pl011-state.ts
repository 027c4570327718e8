/**
 * PL011 UART (Arm DDI 0183): register offsets, bits, and the state that is saved.
 */

export const DR = 0x000;
export const RSR_ECR = 0x004;
export const FR = 0x018;
export const ILPR = 0x020;
export const IBRD = 0x024;
export const FBRD = 0x028;
export const LCR_H = 0x02c;
export const CR = 0x030;
export const IFLS = 0x034;
export const IMSC = 0x038;
export const RIS = 0x03c;
export const MIS = 0x040;
export const ICR = 0x044;
export const DMACR = 0x048;
export const PERIPH_ID0 = 0xfe0;

/** Part 011, designer 0x41, revision 1; PrimeCell 0xb105f00d. */
export const PL011_ID = [0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1];

/** FR bits. */
export const FR_CTS = 1 << 0;
export const FR_DSR = 1 << 1;
export const FR_DCD = 1 << 2;
export const FR_RXFE = 1 << 4;
export const FR_RXFF = 1 << 6;
export const FR_TXFE = 1 << 7;
export const FR_RI = 1 << 8;

export const LCR_FEN = 1 << 4;

/** CR bits. */
export const CR_LBE = 1 << 7;
export const CR_DTR = 1 << 10;
export const CR_RTS = 1 << 11;
export const CR_OUT1 = 1 << 12;
export const CR_OUT2 = 1 << 13;

/** Interrupt bits of IMSC, RIS, MIS and ICR. */
export const INT_RX = 1 << 4;
export const INT_TX = 1 << 5;
export const INT_BREAK = 1 << 9;
export const INT_OVERRUN = 1 << 10;
export const INT_ALL = 0x7ff;

/** Error bits that arrive with a character, as DR has them; RSR has them eight places lower. */
export const DR_BREAK = 1 << 10;

/** A character came that found the FIFO full, and is lost. */
export const RSR_OVERRUN = 1 << 3;

export const FIFO_DEPTH = 16;

/** Most characters that wait outside. */
export const RX_QUEUE_MAX = 2 ** 16;

/** Plain state of a PL011. */
export interface Pl011State {
  /** Received characters that the guest can read, with DR's error bits; at most 16, or 1 without FIFOs. */
  rxFifo: number[];
  /** Characters that wait outside for a place in the FIFO; at most RX_QUEUE_MAX. */
  rxQueue: number[];
  rsr: number;
  ilpr: number;
  ibrd: number;
  fbrd: number;
  lcrH: number;
  cr: number;
  ifls: number;
  imsc: number;
  ris: number;
  dmacr: number;
}

/** Reset values of DDI 0183: transmitter and receiver enabled in CR, half-full triggers in IFLS. */
export function resetPl011State(): Pl011State {
  return {
    rxFifo: [],
    rxQueue: [],
    rsr: 0,
    ilpr: 0,
    ibrd: 0,
    fbrd: 0,
    lcrH: 0,
    cr: 0x300,
    ifls: 0x12,
    imsc: 0,
    ris: 0,
    dmacr: 0,
  };
}
