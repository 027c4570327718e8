/** Arm semihosting for AArch64 (HLT #0xF000): the calls by which a test guest speaks and ends. */
import type { Cpu } from '../../arch/cpu.js';
import type { Vm } from './vm.js';

const SYS_WRITEC = 0x03;
const SYS_WRITE0 = 0x04;
const SYS_EXIT = 0x18;
const SYS_EXIT_EXTENDED = 0x20;
/** ADP_Stopped_ApplicationExit: the guest ended by itself; all other reasons are failures. */
const APPLICATION_EXIT = 0x20026n;
/** A string longer than this is cut. */
const MAX_STRING = 65536;

/** Handles the call in W0 with its parameter in X1. False: not a call that exists here. */
export function semihostingCall(vm: Vm): boolean {
  const { cpu } = vm.engine;
  const parameter = cpu.x(1);
  switch (Number(cpu.x(0) & 0xffff_ffffn)) {
    case SYS_EXIT:
    case SYS_EXIT_EXTENDED: {
      const reason = readWord(cpu, parameter);
      const code = readWord(cpu, parameter + 8n);
      const ok = reason === APPLICATION_EXIT && code !== null;
      vm.finish({ kind: 'exit', code: ok ? Number(BigInt.asUintN(32, code)) : 1 });
      return true;
    }
    case SYS_WRITEC: {
      const byte = readByte(cpu, parameter);
      if (byte >= 0) vm.host.transmit(byte);
      return true;
    }
    case SYS_WRITE0: {
      for (let i = 0n; i < MAX_STRING; i++) {
        const byte = readByte(cpu, parameter + i);
        if (byte <= 0) break;
        vm.host.transmit(byte);
      }
      return true;
    }
    default:
      return false;
  }
}

/** Host address of a guest-virtual byte, or -1 where the guest itself could not read it. */
function hostOf(cpu: Cpu, address: bigint): number {
  const low = Number(BigInt.asIntN(32, address));
  const high = Number(BigInt.asIntN(32, address >> 32n));
  const { mmu } = cpu.system;
  return mmu.probe(low, high, 0) < 0 ? cpu.ram.host(mmu.physical) : -1;
}

function readByte(cpu: Cpu, address: bigint): number {
  const host = hostOf(cpu, address);
  return host < 0 ? -1 : cpu.u8[host]!;
}

function readWord(cpu: Cpu, address: bigint): bigint | null {
  let word = 0n;
  for (let i = 7n; i >= 0n; i--) {
    const byte = readByte(cpu, address + i);
    if (byte < 0) return null;
    word = (word << 8n) | BigInt(byte);
  }
  return word;
}
