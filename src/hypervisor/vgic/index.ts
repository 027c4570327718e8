/**
 * The hypervisor's GICv3.
 */

export type { InterruptState } from './interrupt.js';
export { MAX_QUEUE_BYTES, NO_MEMORY, type TableMemory, TRANSLATER } from './its/index.js';
export { INTID_LIMIT } from './lpi/tables.js';
export { affinityOf, type KickReason, type VgicHost } from './model.js';
export {
  ACTIVE_READS,
  EOI_MAINTENANCES,
  formatPolicies,
  INFLIGHT_MOVES,
  resolvePolicies,
  type TrapPolicy,
  type VgicChoices,
  type VgicPolicies,
} from './policies.js';
export type { AccessSize } from './register-table.js';
export type { SgiRegister } from './sgi.js';
export { checkState, resavedState, type VcpuState, type VgicState } from './state.js';
export { Vgic, type VgicOptions, type VgicRegion } from './vgic.js';
