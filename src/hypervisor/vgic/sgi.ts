/**
 * ICC_SGI0R_EL1, ICC_SGI1R_EL1 and ICC_ASGI1R_EL1 (IHI 0069H, 12.2.17 and after; the three have one layout).
 */

import { pend } from './lists.js';
import type { VgicModel } from './model.js';

export type SgiRegister = 'ICC_SGI1R_EL1' | 'ICC_SGI0R_EL1' | 'ICC_ASGI1R_EL1';

/** Whether a write by `sender` reaches a vCPU: named by affinity and target list, or with IRM any but the sender. */
export function sgiTargets(value: bigint, sender: number, vcpu: number, affinity: number): boolean {
  if ((value >> 40n) & 1n) return vcpu !== sender;
  const aff3 = Number((value >> 48n) & 0xffn);
  const aff2 = Number((value >> 32n) & 0xffn);
  const aff1 = Number((value >> 16n) & 0xffn);
  const cluster = ((aff3 << 24) | (aff2 << 16) | (aff1 << 8)) >>> 0;
  const range = Number((value >> 44n) & 0xfn);
  const aff0 = affinity & 0xff;
  return (
    (affinity & 0xffffff00) >>> 0 === cluster && aff0 >> 4 === range && ((value >> BigInt(aff0 & 0xf)) & 1n) === 1n
  );
}

/**
 * Generates the SGI. With one security state, ICC_SGI1R_EL1 reaches SGIs of either group as each target has them
 * configured; the other two reach group 0's only, as there is no other group 1.
 */
export function sendSgi(model: VgicModel, sender: number, register: SgiRegister, value: bigint): void {
  const intid = Number((value >> 24n) & 0xfn);
  for (const vcpu of model.vcpus) {
    if (!sgiTargets(value, sender, vcpu.index, vcpu.affinity)) continue;
    const irq = vcpu.privates[intid]!;
    if (register === 'ICC_SGI1R_EL1' || irq.group === 0) pend(model, irq, sender);
  }
}
