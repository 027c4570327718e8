/** What the events of a VM are asked: everything is read, nothing synced. */
import { PSTATE } from '../../arch/system/pstate.js';
import { PS_PER_SECOND } from '../../arch/timer/time.js';
import type { TraceSource } from '../../trace/index.js';
import { pvCount } from '../pvtime/index.js';
import type { Vm } from './vm.js';

export function traceSource(vm: Vm): TraceSource {
  const count = (): bigint => vm.counter.count(vm.host.now());
  return {
    now: () => vm.host.now(),
    pc: () => vm.engine.cpu.pc,
    pv: (native) => (vm.lpt ? pvCount(vm.lpt, native) : null),
    counter: (vcpu, timer) => {
      const register = timer === 'virtual' ? 'CNTVCT_EL0' : 'CNTPCT_EL0';
      return vm.vcpus[vcpu]!.timer.read(register, count());
    },
    timerCondition: (vcpu, timer) => {
      const it = vm.vcpus[vcpu]!.timer;
      return timer === 'virtual' ? it.lineV(count()) : it.lineP(count());
    },
    timerHeld: (vcpu, timer) => {
      const { state } = vm.vcpus[vcpu]!.timer;
      const { cval } = timer === 'virtual' ? state.cntv : state.cntp;
      const view = vm.vcpus[vcpu]!.timer.read(timer === 'virtual' ? 'CNTVCT_EL0' : 'CNTPCT_EL0', count());
      return view >= cval ? ((view - cval) * PS_PER_SECOND) / BigInt(vm.counter.freqHz) : -1n;
    },
    masked: (vcpu) => vcpu !== vm.engine.cpu.vcpu || (vm.engine.cpu.daif & PSTATE.I) !== 0,
    deliverable: (vcpu, intid) => vm.vgic.deliverable(vcpu, intid),
    priorityOf: (vcpu, intid) => vm.vgic.priorityOf(vcpu, intid),
  };
}
