/** What things are called in a trace. */

const HYPERCALLS: Readonly<Record<number, string>> = {
  2147483648: 'SMCCC_VERSION',
  2147483649: 'SMCCC_ARCH_FEATURES',
  2214592512: 'PSCI_VERSION',
  2214592513: 'CPU_SUSPEND',
  2214592514: 'CPU_OFF',
  2214592515: 'CPU_ON',
  2214592516: 'AFFINITY_INFO',
  2214592518: 'MIGRATE_INFO_TYPE',
  2214592520: 'SYSTEM_OFF',
  2214592521: 'SYSTEM_RESET',
  2214592522: 'PSCI_FEATURES',
};

/** SMCCC function ids by their names; the 64-bit convention's bit does not change the name. PV time by its range. */
export function hypercallName(id: number): string {
  const hex = `0x${id.toString(16)}`;
  if (id >= 0xc500_0020 && id <= 0xc500_0022) return `PV time ${hex}`;
  return HYPERCALLS[id] ?? HYPERCALLS[(id & ~0x4000_0000) >>> 0] ?? hex;
}

const KNOWN: Readonly<Record<number, string>> = { 23: 'PMU', 27: 'virtual timer', 30: 'physical timer', 33: 'UART' };

export function interruptName(intid: number): string {
  const kind = intid < 16 ? 'SGI' : intid < 32 ? 'PPI' : intid < 8192 ? 'SPI' : 'LPI';
  return KNOWN[intid] ? `${kind} ${intid} ${KNOWN[intid]}` : `${kind} ${intid}`;
}
