/**
 * What a guest's vGIC may be told to do differently, and what of it exists (docs/vgic.md says what each value means).
 */

/** How accesses to pending and active state learn of list registers that other vCPUs have loaded. */
export type ActiveRead = 'sync' | 'local' | 'abort';
/** How a change of routing treats an interrupt that sits in a list register. */
export type InflightMove = 'maintenance' | 'migrating-flag' | 'prune';

export interface VgicPolicies {
  /** List registers of every vCPU's CPU interface, 1 to 16. */
  listRegisters: number;
  activeRead: ActiveRead;
  inflightMove: InflightMove;
}

/** The policies in force. Throws a RangeError, naming what is supported, for a value that cannot be honoured. */
export function resolvePolicies(
  listRegisters: number,
  asked: Partial<Omit<VgicPolicies, 'listRegisters'>>,
): VgicPolicies {
  const activeRead = asked.activeRead ?? 'sync';
  const inflightMove = asked.inflightMove ?? 'maintenance';
  if (!Number.isInteger(listRegisters) || listRegisters < 1 || listRegisters > 16) {
    throw new RangeError(`listRegisters=${listRegisters}: a GIC has 1 to 16`);
  }
  if (activeRead !== 'sync') throw new RangeError(`activeRead=${activeRead}: supported is sync`);
  if (inflightMove !== 'maintenance') throw new RangeError(`inflightMove=${inflightMove}: supported is maintenance`);
  return { listRegisters, activeRead, inflightMove };
}
