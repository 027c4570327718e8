/**
 * A bank of parallel NOR flash with Intel's command set, as QEMU's virt board has two: two x16 chips side by side, so that
 * a 32-bit word is one of each. Both get every command, from the low byte of a write. Erasing and programming take no time.
 *
 * In array mode the bank is memory: the guest reads and runs it without coming here. In every other mode its data reads
 * do; fetches get the array still.
 */
import { RegisterDevice } from '../devices/register-device.js';
import { BANK_BYTES, BLOCK_BYTES, BUFFER_BYTES, identificationWord, queryWord } from './query.js';

/** What the bank's cells are wired to. */
export interface FlashCells {
  /** Live, for reading. */
  readonly bytes: Uint8Array;
  /** Changes bytes; whoever has derived something from them is told. */
  write(offset: number, bytes: Uint8Array): void;
  /** Whether data reads are answered by the cells. Told at each change, and at first where they are not. */
  present(array: boolean): void;
}

/** Something programmed: `value` holds `size` bytes, little-endian. */
export interface FlashWrite {
  offset: number;
  size: 1 | 2 | 4;
  value: number;
}

export interface FlashState {
  /** What reads give. */
  mode: 'array' | 'status' | 'identification' | 'query';
  /** What the next write belongs to; null: it is a command. */
  expects: 'word' | 'erase' | 'lock' | 'count' | 'data' | 'confirm' | null;
  /** Status register, of each chip. */
  status: number;
  /** Block of the buffered program in progress (its first byte), and how many writes are to come. */
  block: number;
  left: number;
  buffer: FlashWrite[];
}

const STATUS = { ready: 0x80, eraseError: 0x20, programError: 0x10 } as const;

/** Writes that a buffer holds at most. */
export const MAX_BUFFERED = BUFFER_BYTES / 4;

export const resetFlashState = (): FlashState => ({
  mode: 'array',
  expects: null,
  status: STATUS.ready,
  block: 0,
  left: 0,
  buffer: [],
});

/** A command sequence that is none sets both errors. */
const SEQUENCE_ERROR = STATUS.eraseError | STATUS.programError;

const CONFIRM = 0xd0;
const READ_ARRAY = 0xff;

const blockOf = (offset: number): number => offset - (offset % BLOCK_BYTES);
const inBothChips = (value: number): number => (value | (value << 16)) >>> 0;

export class Flash extends RegisterDevice {
  readonly #cells: FlashCells;
  readonly #state: FlashState;

  constructor(cells: FlashCells, state: FlashState = resetFlashState()) {
    super();
    this.#cells = cells;
    this.#state = { ...state, buffer: state.buffer.map((w) => ({ ...w })) };
    if (state.mode !== 'array') cells.present(false);
  }

  save(): FlashState {
    return { ...this.#state, buffer: this.#state.buffer.map((w) => ({ ...w })) };
  }

  protected readWord(offset: number): number {
    const { mode, status } = this.#state;
    if (mode === 'status') return inBothChips(status);
    if (mode === 'identification') return inBothChips(identificationWord(offset >> 2));
    if (mode === 'query') return inBothChips(queryWord(offset >> 2));
    const { bytes } = this.#cells;
    return [3, 2, 1, 0].reduce((word, i) => (word << 8) | bytes[offset + i]!, 0) >>> 0;
  }

  override write(offset: number, size: 1 | 2 | 4 | 8, value: bigint): void {
    if (size === 8) {
      this.#write(offset, 4, Number(value & 0xffff_ffffn));
      this.#write(offset + 4, 4, Number(value >> 32n));
    } else this.#write(offset, size, Number(value));
  }

  protected writeWord(): void {}

  #write(offset: number, size: FlashWrite['size'], value: number): void {
    const state = this.#state;
    const command = value & 0xff;
    const { expects } = state;
    if (expects === 'data') return this.#buffered({ offset, size, value });
    state.expects = null;
    switch (expects) {
      case null:
        return this.#command(command, offset);
      case 'word':
        return this.#program({ offset, size, value });
      case 'erase':
        if (command !== CONFIRM) return this.#sequenceError(command);
        this.#cells.write(blockOf(offset), new Uint8Array(BLOCK_BYTES).fill(0xff));
        return;
      case 'lock':
        // Blocks are never locked: locking and unlocking are taken, and change nothing.
        if (command !== CONFIRM && command !== 0x01 && command !== 0x2f) this.#sequenceError(command);
        return;
      case 'count':
        return this.#count(offset, value & 0xffff);
      case 'confirm':
        if (command !== CONFIRM) this.#sequenceError(command);
        else for (const write of state.buffer) this.#program(write);
        state.buffer = [];
    }
  }

  #command(command: number, offset: number): void {
    const state = this.#state;
    switch (command) {
      case 0x00:
      case READ_ARRAY:
        return this.#become('array');
      case 0x10:
      case 0x40:
        return this.#expect('word');
      case 0x20:
      case 0x28:
        return this.#expect('erase');
      case 0x50:
        state.status = STATUS.ready;
        return this.#become('array');
      case 0x60:
        return this.#expect('lock');
      case 0x70:
        return this.#become('status');
      case 0x90:
        return this.#become('identification');
      case 0x98:
        return this.#become('query');
      case 0xe8:
        state.block = blockOf(offset);
        return this.#expect('count');
      default:
        // What other vendors' chips know, such as AMD's unlock cycles: a probe, which finds the array.
        return this.#become('array');
    }
  }

  #expect(what: NonNullable<FlashState['expects']>): void {
    this.#state.expects = what;
    this.#become('status');
  }

  #become(mode: FlashState['mode']): void {
    const was = this.#state.mode;
    this.#state.mode = mode;
    if ((was === 'array') !== (mode === 'array')) this.#cells.present(mode === 'array');
  }

  #sequenceError(command: number): void {
    if (command === READ_ARRAY) return this.#become('array');
    this.#state.status |= SEQUENCE_ERROR;
  }

  /** @param count writes to come, less one */
  #count(offset: number, count: number): void {
    const state = this.#state;
    if (count >= MAX_BUFFERED || blockOf(offset) !== state.block) {
      state.status |= SEQUENCE_ERROR;
      return;
    }
    state.left = count + 1;
    state.buffer = [];
    state.expects = 'data';
  }

  #buffered(write: FlashWrite): void {
    const state = this.#state;
    if (blockOf(write.offset) !== state.block) {
      state.status |= STATUS.programError;
      state.expects = null;
      state.left = 0;
      state.buffer = [];
      return;
    }
    state.buffer.push(write);
    if (--state.left === 0) state.expects = 'confirm';
  }

  /** Programming clears bits; only erasing sets them. */
  #program({ offset, size, value }: FlashWrite): void {
    const { bytes } = this.#cells;
    this.#cells.write(
      offset,
      Uint8Array.from({ length: size }, (_, i) => bytes[offset + i]! & (value >>> (8 * i))),
    );
  }
}

/** @throws RangeError where no bank can be in that state */
export function checkFlash({ mode, expects, block, left, buffer }: FlashState): void {
  const room = expects === 'data' ? left >= 1 && left + buffer.length <= MAX_BUFFERED : left === 0;
  const fits = buffer.length === 0 || expects === 'data' || expects === 'confirm';
  const inside = buffer.every(({ offset, size }) => offset + size <= BANK_BYTES && blockOf(offset) === block);
  if (!room || !fits || !inside || (expects !== null && mode !== 'status')) {
    throw new RangeError('a flash is in a state that cannot be');
  }
}
