/** The core's surroundings as the hypervisor emulates them: MMIO, registers outside the core, hypercalls. */

import type { Outside } from '../../arch/cpu.js';
import { FIRST_LPI_INTID, FIRST_SPECIAL_INTID, type IccRegister } from '../../arch/gic/registers.js';
import type { TimerRegister } from '../../arch/timer/index.js';
import type { AccessSize } from '../../machine/bus.js';
import { VIRT } from '../../machine/virt.js';
import type { KvmServices } from '../kvm/index.js';
import { lptAddress, PROFILE_CALLS, type PvTimeConfig } from '../pvtime/index.js';
import { type CallResult, dispatch } from '../smccc/index.js';
import { semihostingCall } from './semihosting.js';
import { emulateTrapped } from './timer-traps.js';
import type { Vm } from './vm.js';

/** The PL031's data and load registers. */
const DR = 0;
const LR = 8;

type GicRegion = 'dist' | 'redist' | 'its';

function gicRegion(vm: Vm, address: number): [GicRegion, number] | null {
  const { gicDistributor: d, gicRedistributors: r, its } = VIRT;
  if (address >= d.base && address < d.base + d.size) return ['dist', address - d.base];
  if (address >= r.base && address < r.base + r.size) return ['redist', address - r.base];
  if (vm.config.its && address >= its.base && address < its.base + its.size) return ['its', address - its.base];
  return null;
}

const isSgi = (name: string): name is 'ICC_SGI1R_EL1' | 'ICC_SGI0R_EL1' | 'ICC_ASGI1R_EL1' =>
  name === 'ICC_SGI1R_EL1' || name === 'ICC_SGI0R_EL1' || name === 'ICC_ASGI1R_EL1';

/** Whether a call gave the guest the address of its LPT structure. */
function isLptAddress(vm: Vm, x0: bigint, result: CallResult): boolean {
  const lpt = PROFILE_CALLS[vm.config.pvTime]?.lpt;
  return (
    lpt !== undefined && Number(x0 & 0xffff_ffffn) === lpt && result.returns && result.x[0] === BigInt(lptAddress())
  );
}

/** Picoseconds in a second and a nanosecond. */
const PS_PER_NS = 1000n;
const NS_PER_SECOND = 1_000_000_000n;

function kvmServices(vm: Vm): KvmServices {
  return {
    implementations: vm.config.implementations ?? [],
    implementationTold(index) {
      vm.implementationsTold |= 1 << index;
    },
    now(vcpu) {
      const count = vm.counter.count(vm.host.now());
      const { timer } = vm.vcpus[vcpu]!;
      return {
        utcNs: BigInt(vm.config.startEpoch) * NS_PER_SECOND + vm.host.utc() / PS_PER_NS,
        virtual: timer.read('CNTVCT_EL0', count),
        physical: timer.read('CNTPCT_EL0', count),
      };
    },
  };
}

const isTimer = (name: string): boolean => name.startsWith('CNT');

const isInterrupt = (intid: number): boolean => intid < FIRST_SPECIAL_INTID || intid >= FIRST_LPI_INTID;

/** An ICC_IAR read. */
function acknowledge(vm: Vm, vcpu: number, register: IccRegister): bigint {
  if (!vm.trace.hears('acknowledged')) return vm.vgic.readIcc(vcpu, register);
  const running = vm.vgic.cpuInterfaces[vcpu]!.readIccNumber('ICC_RPR_EL1');
  const value = vm.vgic.readIcc(vcpu, register);
  const intid = Number(value);
  if (isInterrupt(intid)) vm.trace.acknowledged(vcpu, intid, vm.vgic.priority(vcpu, intid), running);
  return value;
}

function traceTimerWrite(vm: Vm, vcpu: number, name: string): void {
  if (!vm.trace.hears('timer-written') && !vm.trace.hears('event-stream-written')) return;
  const { state } = vm.vcpus[vcpu]!.timer;
  if (name === 'CNTKCTL_EL1') vm.trace.eventStreamWritten(vcpu, state.cntkctl);
  else if (name[3] === 'V') vm.trace.timerWritten(vcpu, 'virtual', state.cntv.ctl, state.cntv.cval);
  else vm.trace.timerWritten(vcpu, 'physical', state.cntp.ctl, state.cntp.cval);
}

/** @param drops an ICC_EOIR */
function traceIccWrite(vm: Vm, vcpu: number, name: string, value: bigint, drops: boolean): void {
  if (!drops && name.startsWith('ICC_AP')) vm.trace.prioritiesWritten(vcpu);
  if (!vm.trace.hears('end-of-interrupt') || (!drops && name !== 'ICC_DIR_EL1')) return;
  // asUintN, not a mask: V8 makes no bigint of it.
  const intid = Number(BigInt.asUintN(24, value));
  const { eoiMode } = vm.vgic.cpuInterfaces[vcpu]!;
  if (isInterrupt(intid)) vm.trace.endOfInterrupt(vcpu, intid, drops, drops !== eoiMode);
}

export function outsideOf(vm: Vm): Outside {
  const count = (): bigint => vm.counter.count(vm.host.now());
  const current = (): number => vm.engine.cpu.vcpu;
  const kvm = kvmServices(vm);
  const pvTime: PvTimeConfig = {
    profile: vm.config.pvTime,
    lpt: vm.config.lpt,
    wantInterrupt(wanted) {
      vm.lptInterrupt = wanted;
    },
  };
  return {
    mmioRead(address, size) {
      const gic = gicRegion(vm, address);
      vm.leave(current(), gic ? 'mmioVgic' : 'mmioUser');
      if (gic) return vm.vgic.mmioRead(gic[0], gic[1], size as AccessSize, current());
      const value = vm.board.bus.readDevice(address, size as AccessSize);
      if (address === VIRT.rtc.base + DR && value !== null) vm.trace.rtc(current(), 'rtc-read', Number(value));
      return value;
    },
    mmioWrite(address, size, value) {
      const gic = gicRegion(vm, address);
      vm.leave(current(), gic ? 'mmioVgic' : 'mmioUser');
      if (gic) {
        const done = vm.vgic.mmioWrite(gic[0], gic[1], size as AccessSize, value, current());
        if (gic[0] === 'its') vm.itsTouched();
        return done;
      }
      if (address === VIRT.rtc.base + LR) vm.trace.rtc(current(), 'rtc-written', Number(value));
      return vm.board.bus.writeDevice(address, size as AccessSize, value);
    },
    readRegister(name) {
      const vcpu = current();
      if (name === 'CNTFRQ_EL0') {
        vm.trace.frequencyRead(vcpu, vm.counter.freqHz);
        return BigInt(vm.counter.freqHz);
      }
      if (isTimer(name)) {
        const { timer } = vm.vcpus[vcpu]!;
        const value = timer.read(name as TimerRegister, count());
        if (name === 'CNTVCT_EL0') vm.trace.counterRead(vcpu, name, value, timer.state.cntvoff);
        else if (name === 'CNTPCT_EL0') vm.trace.counterRead(vcpu, name, value, timer.state.cntpoff);
        return value;
      }
      if (vm.vgic.traps(vcpu, name as IccRegister)) vm.leave(vcpu, 'trap');
      if (name.startsWith('ICC_IAR')) return acknowledge(vm, vcpu, name as IccRegister);
      return vm.vgic.readIcc(vcpu, name as IccRegister);
    },
    writeRegister(name, value) {
      const vcpu = current();
      if (isTimer(name)) {
        vm.vcpus[vcpu]!.timer.write(name as TimerRegister, value, count());
        vm.updateTimers(vcpu);
        traceTimerWrite(vm, vcpu, name);
        return true;
      }
      if (isSgi(name)) {
        vm.leave(vcpu, 'ipi');
        vm.vgic.sgi(vcpu, name, value);
        return true;
      }
      if (vm.vgic.traps(vcpu, name as IccRegister)) vm.leave(vcpu, 'trap');
      const drops = name.startsWith('ICC_EOIR');
      if (drops) vm.host.charge('eoi');
      traceIccWrite(vm, vcpu, name, value, drops);
      vm.vgic.writeIcc(vcpu, name as IccRegister, value);
      return true;
    },
    hypercall(conduit) {
      if (conduit === 'smc') return false;
      const { cpu } = vm.engine;
      vm.leave(cpu.vcpu, 'hypercall');
      const services = { psci: vm.psci, pvTime, kvm };
      const result = dispatch(services, cpu.vcpu, cpu.x(0), cpu.x(1), cpu.x(2), cpu.x(3));
      if (isLptAddress(vm, cpu.x(0), result)) vm.trace.lptGiven(cpu.vcpu);
      vm.trace.hypercall(cpu.vcpu, Number(cpu.x(0) & 0xffff_ffffn), result.returns ? result.x[0]! : null);
      if (result.returns) result.x.forEach((value, n) => cpu.setX(n, value));
      return true;
    },
    trap(exceptionClass, iss) {
      vm.leave(current(), 'trap');
      emulateTrapped(vm.engine.cpu, exceptionClass, iss);
    },
    semihosting: () => vm.config.semihosting && semihostingCall(vm),
    get irq() {
      return vm.vgic.cpuInterfaces[current()]!.virq;
    },
    get fiq() {
      return vm.vgic.cpuInterfaces[current()]!.vfiq;
    },
  };
}
