/** What the saved state of flash and fw_cfg looks like, field by field. */
import { BANK_BYTES, MAX_BUFFERED } from '../machine/flash/index.js';
import { VIRT } from '../machine/virt.js';
import { BadSnapshot } from './errors.js';
import { big, int, list, nullable, oneOf, record, type Shape } from './shape.js';

const U16 = int(0, 0xffff);
const U32 = int(0, 2 ** 32 - 1);
const U64 = big(0n, (1n << 64n) - 1n);
const OFFSET = int(0, BANK_BYTES - 1);

const writeSize: Shape = (value, path) => {
  if (value !== 1 && value !== 2 && value !== 4) throw new BadSnapshot(`${path} is not 1, 2 or 4`);
};

const flash = record({
  mode: oneOf('array', 'status', 'identification', 'query'),
  expects: nullable(oneOf('word', 'erase', 'lock', 'count', 'data', 'confirm')),
  status: int(0, 0xff),
  block: OFFSET,
  left: int(0, MAX_BUFFERED),
  buffer: list(record({ offset: OFFSET, size: writeSize, value: U32 }), 0, MAX_BUFFERED),
});

/** FirmwareState. */
export const FIRMWARE_SHAPE = record({
  flash: list(flash, VIRT.flash.length, VIRT.flash.length),
  fwCfg: record({
    selector: U16,
    offset: U32,
    addressHigh: U32,
    request: nullable(record({ address: U64, due: big(0n, 1n << 100n) })),
  }),
});
