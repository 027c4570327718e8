/** What `monitor` says of the machine that gdb has no command for. */
import type { TimerRegister } from '../arch/timer/index.js';
import type { Machine } from '../migration/snapshot.js';
import { translate } from './machine-memory.js';

const HELP = `monitor time               host time, instructions, counters of every vCPU
monitor translate ADDRESS  physical address of the present thread's virtual address
`;

/** @returns null where there is no such command */
export function monitor({ host, vm }: Machine, command: string, vcpu: number): string | null {
  const [name = '', argument = ''] = command.split(/\s+/);
  if (name === 'help') return HELP;
  if (name === 'time') {
    const count = vm.counter.count(host.now());
    const lines = vm.vcpus.map(({ timer }, n) => {
      const read = (register: TimerRegister): string => `${register} 0x${timer.read(register, count).toString(16)}`;
      return `vCPU ${n}: ${read('CNTVCT_EL0')}, ${read('CNTPCT_EL0')}, ${vm.engine.retired[n]} instructions\n`;
    });
    return `host time ${host.now()} ps, counter ${vm.counter.freqHz} Hz\n${lines.join('')}`;
  }
  if (name === 'translate') {
    if (!/^(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(argument)) return 'monitor translate: an address, such as 0x40000000\n';
    const physical = translate(vm, vcpu, BigInt.asUintN(64, BigInt(argument)));
    return physical < 0 ? 'not mapped\n' : `0x${physical.toString(16)}\n`;
  }
  return null;
}
