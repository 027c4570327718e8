/** Accesses to what is not memory, element by element between SCRATCH and the outside world. */
import type { Cpu } from '../cpu.js';
import { lookForInterrupts } from './pstate.js';

/** Sizes that the outside is asked for: an element's, at most 8; single bytes where it is not aligned. */
function unitOf(physical: number, length: number, element: number): number {
  const unit = Math.min(element, 8, length);
  return physical % unit || length % unit ? 1 : unit;
}

/** Reads `length` bytes to host address `to`; false for an external abort. */
export function deviceRead(cpu: Cpu, physical: number, length: number, element: number, to: number): boolean {
  const unit = unitOf(physical, length, element);
  for (let i = 0; i < length; i += unit) {
    const value = cpu.outside.mmioRead(physical + i, unit);
    if (value === null) return false;
    if (unit === 8) cpu.view.setBigUint64(to + i, value, true);
    else if (unit === 4) cpu.view.setUint32(to + i, Number(value), true);
    else if (unit === 2) cpu.view.setUint16(to + i, Number(value), true);
    else cpu.u8[to + i] = Number(value);
  }
  lookForInterrupts(cpu);
  return true;
}

/** Writes `length` bytes from host address `from`; false for an external abort. */
export function deviceWrite(cpu: Cpu, physical: number, length: number, element: number, from: number): boolean {
  const unit = unitOf(physical, length, element);
  for (let i = 0; i < length; i += unit) {
    const at = from + i;
    const value =
      unit === 8
        ? cpu.view.getBigUint64(at, true)
        : BigInt(unit === 4 ? cpu.view.getUint32(at, true) : unit === 2 ? cpu.view.getUint16(at, true) : cpu.u8[at]!);
    if (!cpu.outside.mmioWrite(physical + i, unit, value)) return false;
  }
  lookForInterrupts(cpu);
  return true;
}
