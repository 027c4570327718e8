/** Guest memory by virtual address, as a stopped vCPU's translation tables map it; permissions do not bind a debugger. */
import { Want } from '../arch/system/mmu.js';
import { OK } from '../arch/system/walk.js';
import type { Vm } from '../hypervisor/vm/vm.js';

const PAGE = 4096;

interface Piece {
  readonly host: number;
  readonly length: number;
}

/** Physical address of a vCPU's virtual address, or -1. */
export function translate(vm: Vm, vcpu: number, address: bigint): number {
  // CPU_ON will start it with the MMU off.
  if (vm.vcpus[vcpu]!.start) return address < 2n ** 48n ? Number(address) : -1;
  vm.engine.select(vcpu);
  const { mmu } = vm.system;
  const low = Number(BigInt.asIntN(32, address));
  const high = Number(BigInt.asIntN(32, address >> 32n));
  return mmu.probe(low, high, Want.ANY) === OK ? mmu.physical : -1;
}

/** Where the bytes are, as far as they are RAM: devices are not read, as reading changes some. */
function pieces(vm: Vm, vcpu: number, address: bigint, length: number): Piece[] {
  const found: Piece[] = [];
  for (let done = 0; done < length; ) {
    const at = BigInt.asUintN(64, address + BigInt(done));
    const physical = translate(vm, vcpu, at);
    const host = physical < 0 ? -1 : vm.engine.cpu.ram.host(physical);
    if (host < 0) break;
    const size = Math.min(length - done, PAGE - Number(at & 0xfffn));
    found.push({ host, length: size });
    done += size;
  }
  return found;
}

/** As many bytes as there are; null where there is none. */
export function readMemory(vm: Vm, vcpu: number, address: bigint, length: number): Uint8Array | null {
  const found = pieces(vm, vcpu, address, length);
  if (!found.length && length) return null;
  const { u8 } = vm.engine.cpu;
  return Uint8Array.from(found.flatMap((p) => [...u8.subarray(p.host, p.host + p.length)]));
}

/** All of it, or false and nothing. */
export function writeMemory(vm: Vm, vcpu: number, address: bigint, data: Uint8Array): boolean {
  const found = pieces(vm, vcpu, address, data.length);
  if (found.reduce((sum, p) => sum + p.length, 0) !== data.length) return false;
  let done = 0;
  for (const { host, length } of found) {
    vm.system.memoryWritten(host, length);
    vm.engine.cpu.u8.set(data.subarray(done, done + length), host);
    done += length;
  }
  return true;
}
