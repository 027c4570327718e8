/** What PSCI does to a VM's vCPUs. */
import { Exit } from '../../arch/engine/layout.js';
import type { PsciHost } from '../psci/index.js';
import type { Vm } from './vm.js';
import { mpidrOf } from './vm-state.js';

export function psciHostOf(vm: Vm): PsciHost {
  return {
    get vcpuCount() {
      return vm.config.vcpus;
    },
    aarch32: false,
    mpidr: mpidrOf,
    powerState: (vcpu) => vm.vcpus[vcpu]!.power,
    start(vcpu, entry, contextId) {
      const v = vm.vcpus[vcpu]!;
      v.power = 'on-pending';
      v.waiting = 'no';
      v.start = { entry, contextId };
      if (vm.running >= 0) vm.engine.cpu.requestExit(Exit.Event);
    },
    off(vcpu) {
      vm.vcpus[vcpu]!.power = 'off';
      vm.trace.power(vcpu, false);
      vm.engine.cpu.requestExit(Exit.Event);
    },
    suspend: () => vm.engine.cpu.requestExit(Exit.Wfi),
    systemOff: () => vm.finish({ kind: 'poweroff' }),
    systemReset: () => vm.finish({ kind: 'reset' }),
  };
}
