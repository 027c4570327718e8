/** The MMIO transport, version 2 (specification 4.2.2): a device's registers in 512 bytes, and one level interrupt. */
import { RegisterDevice } from '../devices/register-device.js';
import { VENDOR_ID } from './constants.js';
import type { VirtioDevice } from './device.js';

const MAGIC = 0x7472_6976;
const VERSION = 2;
/** The device's configuration begins here; it is the only part with other widths than words. */
const CONFIG = 0x100;
const QUEUE_ADDRESSES: Readonly<Record<number, readonly ['descriptors' | 'driver' | 'device', boolean]>> = {
  128: ['descriptors', false],
  132: ['descriptors', true],
  144: ['driver', false],
  148: ['driver', true],
  160: ['device', false],
  164: ['device', true],
};

export class VirtioMmio extends RegisterDevice {
  readonly #device: VirtioDevice;
  readonly #interrupt: (level: boolean) => void;
  #line = false;

  constructor(device: VirtioDevice, interrupt: (level: boolean) => void) {
    super();
    this.#device = device;
    this.#interrupt = interrupt;
    this.update();
  }

  /** Takes an interrupt cause of the device. */
  raise(cause: number): void {
    this.#device.state.isr |= cause;
    this.update();
  }

  /** Brings the interrupt line up to date. */
  update(): void {
    const line = this.#device.state.isr !== 0;
    if (line === this.#line) return;
    this.#line = line;
    this.#interrupt(line);
  }

  protected readWord(offset: number): number {
    const device = this.#device;
    const { state } = device;
    if (offset >= CONFIG) return wordOf(device.model.config, offset - CONFIG);
    switch (offset) {
      case 0x000:
        return MAGIC;
      case 0x004:
        return VERSION;
      case 0x008:
        return device.model.id;
      case 0x00c:
        return VENDOR_ID;
      case 0x010:
        return device.deviceFeatures;
      case 0x034:
        return device.selectedMaximum;
      case 0x044:
        return device.selected?.ready ? 1 : 0;
      case 0x060:
        return state.isr;
      case 0x070:
        return device.status;
      case 0x0b0:
      case 0x0b4:
      case 0x0b8:
      case 0x0bc:
        // There is no shared memory region: length and base are -1 (4.2.2).
        return 0xffff_ffff;
      default:
        return 0;
    }
  }

  protected writeWord(offset: number, value: number): void {
    const device = this.#device;
    const { state } = device;
    const address = QUEUE_ADDRESSES[offset];
    if (address) return device.setQueueAddress(...address, value);
    switch (offset) {
      case 0x014:
        state.deviceFeaturesSelect = value;
        break;
      case 0x020:
        device.driverFeatures = value;
        break;
      case 0x024:
        state.driverFeaturesSelect = value;
        break;
      case 0x030:
        state.queueSelect = value;
        break;
      case 0x038:
        device.setQueueSize(value);
        break;
      case 0x044:
        device.setQueueReady((value & 1) !== 0);
        break;
      case 0x050:
        device.notify(value);
        break;
      case 0x064:
        state.isr &= ~value;
        break;
      case 0x070:
        device.status = value;
        break;
    }
    this.update();
  }
}

function wordOf(bytes: Uint8Array, offset: number): number {
  return [3, 2, 1, 0].reduce((word, i) => (word << 8) | (bytes[offset + i] ?? 0), 0) >>> 0;
}
