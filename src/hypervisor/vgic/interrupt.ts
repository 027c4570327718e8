/**
 * One virtual interrupt: its fields, and the questions that are answered from them alone.
 */

/** Routing that reaches no vCPU. */
export const NOWHERE = -1;

/** In no list register. */
export const UNLOADED = -1;
/** Active, and left out of the list registers by the last flush: an EOI that finds no list register may be its. */
export const LEFT_OUT = -2;

/** Plain state of one interrupt. INTID and, for SGIs and PPIs, the vCPU follow from where it is kept. */
export interface InterruptState {
  enabled: boolean;
  group: 0 | 1;
  /** 5 significant bits, the low 3 are 0. */
  priority: number;
  /** ICFGR: edge-triggered. SGIs always are. */
  edge: boolean;
  /** Level of the input line. */
  line: boolean;
  /** Pending latch, as of the last sync where the interrupt is in a list register. */
  latch: boolean;
  /** Made pending again since the list register was filled; joins `latch` at the next flush. */
  again: boolean;
  /** As of the last sync where the interrupt is in a list register. */
  active: boolean;
  /** GICD_IROUTER as Aff3.Aff2.Aff1.Aff0, 32 bits unsigned; 0 for SGIs and PPIs. */
  affinity: number;
  /** The vCPU whose list it is on; NOWHERE: none. An active interrupt stays where it was acknowledged. */
  owner: number;
  /** Its list register of that vCPU; UNLOADED or LEFT_OUT. */
  lr: number;
  /** Position in the owner's sequence of acknowledgements, from 1; 0: not acknowledged (made active by a register write). */
  activation: number;
  /** Active state that another vCPU wrote and the owner has yet to take over (activeRead `local`). */
  written?: boolean;
}

export interface Interrupt extends Omit<InterruptState, 'written'> {
  readonly intid: number;
  written: boolean | undefined;
  /** The vCPU that routing names now; NOWHERE where the affinity names none. */
  target: number;
}

/** Reset values; PPIs and SPIs come up level-sensitive. */
export function resetInterruptState(intid: number): InterruptState {
  return {
    enabled: false,
    group: 0,
    priority: 0,
    edge: intid < 16,
    line: false,
    latch: false,
    again: false,
    active: false,
    affinity: 0,
    owner: NOWHERE,
    lr: UNLOADED,
    activation: 0,
  };
}

/** The interrupt of a state. Field by field, as is `interruptState`: spreads take several times as long. */
export function interruptFrom(state: InterruptState, intid: number, target: number): Interrupt {
  return {
    intid,
    target,
    enabled: state.enabled,
    group: state.group,
    priority: state.priority,
    edge: state.edge,
    line: state.line,
    latch: state.latch,
    again: state.again,
    active: state.active,
    affinity: state.affinity,
    owner: state.owner,
    lr: state.lr,
    activation: state.activation,
    written: state.written,
  };
}

/** The plain state. */
export function interruptState(irq: Interrupt): InterruptState {
  const state: InterruptState = {
    enabled: irq.enabled,
    group: irq.group,
    priority: irq.priority,
    edge: irq.edge,
    line: irq.line,
    latch: irq.latch,
    again: irq.again,
    active: irq.active,
    affinity: irq.affinity,
    owner: irq.owner,
    lr: irq.lr,
    activation: irq.activation,
  };
  if (irq.written !== undefined) state.written = irq.written;
  return state;
}

/** The pending state (IHI 0069H, 4.3): latch, or line where level-sensitive. */
export function isPending(irq: Pick<InterruptState, 'latch' | 'again' | 'line' | 'edge'>): boolean {
  return irq.latch || irq.again || (irq.line && !irq.edge);
}

/** Whether the distributor hands it on: pending, enabled, and its group enabled in GICD_CTLR (`groups`, bit n: group n). */
export function isForwarded(groups: number, irq: Interrupt): boolean {
  return irq.enabled && ((groups >> irq.group) & 1) === 1 && isPending(irq);
}

/**
 * The vCPU whose list the interrupt belongs on: where it is active if it is, else where it is routed if it is handed
 * on, else none.
 */
export function targetOracle(groups: number, irq: Interrupt): number {
  if (irq.active) return irq.owner === NOWHERE ? irq.target : irq.owner;
  return isForwarded(groups, irq) ? irq.target : NOWHERE;
}
