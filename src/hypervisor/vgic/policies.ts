/**
 * What a guest's vGIC may be told to do differently (docs/vgic.md says what each value means, what a guest can observe of
 * it, and why some combinations are refused).
 */

/** How accesses to active state learn of list registers that other vCPUs have loaded. */
export type ActiveRead = 'sync' | 'local' | 'abort';
/** How a change of routing treats an interrupt that sits in a list register. */
export type InflightMove = 'maintenance' | 'migrating-flag' | 'prune';
/** Which list registers ask for an exit at deactivation. */
export type EoiMaintenance = 'none' | 'level' | 'all';

/** Which accesses to the CPU interface always trap; those that the vGIC cannot do without trap besides. */
export interface TrapPolicy {
  /** CTLR, DIR, PMR, RPR (ICH_HCR_EL2.TC). */
  common: boolean;
  /** Group 0's registers (TALL0). */
  group0: boolean;
  /** Group 1's registers (TALL1). */
  group1: boolean;
  /** DIR (TDIR). */
  dir: boolean;
}

export interface VgicPolicies {
  /** List registers of every vCPU's CPU interface, 1 to 16. */
  listRegisters: number;
  /** Read list registers back only when something needs them, not at every exit. */
  lazySync: boolean;
  eoiMaintenance: EoiMaintenance;
  trap: TrapPolicy;
  /** LPIs straight to the resident vCPU. */
  directLpi: boolean;
  activeRead: ActiveRead;
  inflightMove: InflightMove;
}

/** All but the number of list registers; what is absent has its default. */
export type VgicChoices = Partial<Omit<VgicPolicies, 'listRegisters' | 'trap'>> & { trap?: Partial<TrapPolicy> };

export const ACTIVE_READS: readonly ActiveRead[] = ['sync', 'local', 'abort'];
export const INFLIGHT_MOVES: readonly InflightMove[] = ['maintenance', 'migrating-flag', 'prune'];
export const EOI_MAINTENANCES: readonly EoiMaintenance[] = ['none', 'level', 'all'];

/** The policies in force. @throws RangeError for a number of list registers or a combination that cannot be honoured */
export function resolvePolicies(listRegisters: number, asked: VgicChoices): VgicPolicies {
  const policies: VgicPolicies = {
    listRegisters,
    lazySync: asked.lazySync ?? false,
    eoiMaintenance: asked.eoiMaintenance ?? 'level',
    trap: { common: false, group0: false, group1: false, dir: false, ...asked.trap },
    directLpi: asked.directLpi ?? false,
    activeRead: asked.activeRead ?? 'sync',
    inflightMove: asked.inflightMove ?? 'maintenance',
  };
  const { lazySync, eoiMaintenance, inflightMove } = policies;
  if (!Number.isInteger(listRegisters) || listRegisters < 1 || listRegisters > 16) {
    throw new RangeError(`listRegisters=${listRegisters}: a GIC has 1 to 16`);
  }
  if (policies.directLpi) {
    throw new RangeError('directLpi=on: LPIs go through list registers only; there is no GICv4 to hand them to a vCPU');
  }
  if (eoiMaintenance === 'none' && inflightMove === 'maintenance') {
    throw new RangeError(
      'eoiMaintenance=none: inflightMove=maintenance moves at such an exit; take inflightMove=migrating-flag or prune',
    );
  }
  if (eoiMaintenance === 'none' && lazySync) {
    throw new RangeError(
      'eoiMaintenance=none: with lazySync=on nobody would see the end of a level-sensitive interrupt; take lazySync=off',
    );
  }
  if (inflightMove === 'prune' && lazySync) {
    throw new RangeError(
      'inflightMove=prune: looks at the list registers at every exit, which lazySync=on does not; take lazySync=off',
    );
  }
  return policies;
}

/** The policies as `--gic` takes them. */
export function formatPolicies({ trap, ...rest }: VgicPolicies): string {
  const traps = Object.entries(trap).map(([name, on]) => [`trap.${name}`, on] as const);
  const value = (it: unknown): string => (typeof it === 'boolean' ? (it ? 'on' : 'off') : String(it));
  return [...Object.entries(rest), ...traps].map(([name, it]) => `${name}=${value(it)}`).join(',');
}
