/**
 * PL011 UART (Arm DDI 0183) as QEMU's virt machine shows it: transmission takes no time, the receive interrupt comes
 * with the first character (so that no receive timeout is needed), and the enable bits of CR do not hold data back.
 */

import {
  CR,
  CR_DTR,
  CR_LBE,
  CR_OUT1,
  CR_OUT2,
  CR_RTS,
  DMACR,
  DR,
  DR_BREAK,
  FBRD,
  FIFO_DEPTH,
  FR,
  FR_CTS,
  FR_DCD,
  FR_DSR,
  FR_RI,
  FR_RXFE,
  FR_RXFF,
  FR_TXFE,
  IBRD,
  ICR,
  IFLS,
  ILPR,
  IMSC,
  INT_ALL,
  INT_BREAK,
  INT_OVERRUN,
  INT_RX,
  INT_TX,
  LCR_FEN,
  LCR_H,
  MIS,
  PERIPH_ID0,
  PL011_ID,
  type Pl011State,
  RIS,
  RSR_ECR,
  RSR_OVERRUN,
  RX_QUEUE_MAX,
  resetPl011State,
} from './pl011-state.js';
import { identificationByte, RegisterDevice } from './register-device.js';

/** What a PL011 is connected to. */
export interface Pl011Connections {
  /** Takes each transmitted character, 0 to 255. */
  transmit(byte: number): void;
  /** Takes the level of UARTINTR whenever it changes. */
  interrupt(level: boolean): void;
}

export class Pl011 extends RegisterDevice {
  readonly #connections: Pl011Connections;
  readonly #state: Pl011State;
  #line = false;

  private constructor(connections: Pl011Connections, state: Pl011State) {
    super();
    this.#connections = connections;
    this.#state = { ...state, rxFifo: [...state.rxFifo], rxQueue: [...state.rxQueue] };
    this.#update();
  }

  static create(connections: Pl011Connections): Pl011 {
    return Pl011.fromState(connections, resetPl011State());
  }

  /** A PL011 in the given state; drives its interrupt line where that is high. */
  static fromState(connections: Pl011Connections, state: Pl011State): Pl011 {
    return new Pl011(connections, state);
  }

  save(): Pl011State {
    return { ...this.#state, rxFifo: [...this.#state.rxFifo], rxQueue: [...this.#state.rxQueue] };
  }

  /** Level of UARTINTR. */
  get line(): boolean {
    return this.#line;
  }

  /**
   * Takes console input: characters that find the FIFO full wait for the guest to make room. Those that find RX_QUEUE_MAX
   * waiting are lost.
   */
  receive(bytes: Iterable<number>): void {
    for (const byte of bytes) this.#wait(byte & 0xff);
    this.#fill();
  }

  /** Takes a break condition: a zero character marked as one. */
  receiveBreak(): void {
    this.#wait(DR_BREAK);
    this.#fill();
  }

  protected readWord(offset: number): number {
    const state = this.#state;
    switch (offset) {
      case DR:
        return this.#readData();
      case RSR_ECR:
        return state.rsr;
      case FR:
        return this.#flags();
      case ILPR:
        return state.ilpr;
      case IBRD:
        return state.ibrd;
      case FBRD:
        return state.fbrd;
      case LCR_H:
        return state.lcrH;
      case CR:
        return state.cr;
      case IFLS:
        return state.ifls;
      case IMSC:
        return state.imsc;
      case RIS:
        return state.ris;
      case MIS:
        return state.ris & state.imsc;
      case DMACR:
        return state.dmacr;
      default:
        return offset >= PERIPH_ID0 ? identificationByte(PL011_ID, PERIPH_ID0, offset) : 0;
    }
  }

  protected writeWord(offset: number, value: number): void {
    const state = this.#state;
    switch (offset) {
      case DR:
        this.#writeData(value & 0xff);
        break;
      case RSR_ECR:
        state.rsr = 0;
        break;
      case ILPR:
        state.ilpr = value & 0xff;
        break;
      case IBRD:
        state.ibrd = value & 0xffff;
        break;
      case FBRD:
        state.fbrd = value & 0x3f;
        break;
      case LCR_H:
        // Turning the FIFOs on or off empties them, as drivers rely on to flush.
        if ((state.lcrH ^ value) & LCR_FEN) state.rxFifo = [];
        state.lcrH = value & 0xff;
        break;
      case CR:
        state.cr = value & 0xffff;
        break;
      case IFLS:
        state.ifls = value & 0x3f;
        break;
      case IMSC:
        state.imsc = value & INT_ALL;
        break;
      case ICR:
        state.ris &= ~value;
        break;
      case DMACR:
        state.dmacr = value & 0x7;
        break;
    }
    this.#fill();
  }

  #depth(): number {
    return this.#state.lcrH & LCR_FEN ? FIFO_DEPTH : 1;
  }

  #flags(): number {
    const { rxFifo, cr } = this.#state;
    let flags = FR_TXFE;
    if (rxFifo.length === 0) flags |= FR_RXFE;
    if (rxFifo.length >= this.#depth()) flags |= FR_RXFF;
    if (cr & CR_LBE) {
      // Loopback connects the modem outputs to the inputs (DDI 0183, UARTCR.LBE).
      if (cr & CR_RTS) flags |= FR_CTS;
      if (cr & CR_DTR) flags |= FR_DSR;
      if (cr & CR_OUT1) flags |= FR_DCD;
      if (cr & CR_OUT2) flags |= FR_RI;
    }
    return flags;
  }

  #readData(): number {
    const state = this.#state;
    const data = state.rxFifo.shift() ?? 0;
    state.rsr = (state.rsr & RSR_OVERRUN) | ((data >> 8) & 0xf);
    if (state.rxFifo.length === 0) state.ris &= ~INT_RX;
    this.#fill();
    return data;
  }

  #writeData(byte: number): void {
    const state = this.#state;
    if (!(state.cr & CR_LBE)) this.#connections.transmit(byte);
    else if (state.rxFifo.length < this.#depth()) state.rxQueue.push(byte);
    else {
      // The guest's own characters do not wait for it (DDI 0183, UARTRSR.OE): it could make the host grow without end.
      state.rsr |= RSR_OVERRUN;
      state.ris |= INT_OVERRUN;
    }
    state.ris |= INT_TX;
  }

  #wait(data: number): void {
    if (this.#state.rxQueue.length < RX_QUEUE_MAX) this.#state.rxQueue.push(data);
  }

  /** Moves waiting characters into the FIFO, and brings the interrupt line up to date. */
  #fill(): void {
    const { rxFifo, rxQueue } = this.#state;
    while (rxQueue.length > 0 && rxFifo.length < this.#depth()) {
      const data = rxQueue.shift()!;
      rxFifo.push(data);
      this.#state.ris |= data & DR_BREAK ? INT_RX | INT_BREAK : INT_RX;
    }
    this.#update();
  }

  #update(): void {
    const line = (this.#state.ris & this.#state.imsc) !== 0;
    if (line === this.#line) return;
    this.#line = line;
    this.#connections.interrupt(line);
  }
}
