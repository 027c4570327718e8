/** What the hypervisor keeps of one vCPU beside the core's registers. */
import { GenericTimer, type Ps, resetTimerState, type TimerState } from '../../arch/timer/index.js';
import type { PowerState } from '../psci/index.js';

/** Plain state. */
export interface VcpuState {
  power: PowerState;
  /** What the vCPU waits for; it is idle then, and its time is not stolen. */
  waiting: 'no' | 'wfi' | 'wfe';
  /** CPU_ON's arguments until the vCPU has been reset with them. */
  start: { entry: bigint; contextId: bigint } | null;
  timer: TimerState;
  /** Time during which the vCPU was runnable and its processor did something else. */
  stolen: Ps;
  retired: number;
  /** How often it was taken out of the guest since it last ran: it pays for that when it runs again. Absent: 0. */
  kicked?: number;
}

export const resetVcpuState = (cntvoff: bigint): VcpuState => ({
  power: 'off',
  waiting: 'no',
  start: null,
  timer: resetTimerState(cntvoff),
  stolen: 0n,
  retired: 0,
});

export class Vcpu {
  power: PowerState;
  waiting: VcpuState['waiting'];
  start: VcpuState['start'];
  readonly timer: GenericTimer;
  stolen: Ps;
  kicked: number;
  /** The next instant at which a timer line rises, or an event of the event stream while in WFE; null: none. */
  deadline: Ps | null = null;
  /** Whether `deadline` is that of the event stream; told to who watches, no part of the state. */
  deadlineIsEvent = false;

  constructor(state: VcpuState) {
    this.power = state.power;
    this.waiting = state.waiting;
    this.start = state.start && { ...state.start };
    this.timer = new GenericTimer(state.timer);
    this.stolen = state.stolen;
    this.kicked = state.kicked ?? 0;
  }

  save(retired: number): VcpuState {
    const { power, waiting, start, stolen, kicked } = this;
    return {
      power,
      waiting,
      start: start && { ...start },
      timer: this.timer.save(),
      stolen,
      retired,
      ...(kicked > 0 && { kicked }),
    };
  }
}
