// Sizes of memory as options write them: 512M, 2G, 0x20000000.

const UNITS: Record<string, bigint> = { '': 1n, k: 1n << 10n, m: 1n << 20n, g: 1n << 30n, t: 1n << 40n };

/**
 * Bytes of `text`: a decimal or 0x number with K, M, G or T (powers of 1024; a following B or iB is allowed).
 * Throws RangeError with one line that starts with `option` and the text.
 */
export function parseMemorySize(text: string, option = '--memory'): bigint {
  const match = /^(0x[0-9a-f]+|\d+)(?:([kmgt])(?:i?b)?|b)?$/i.exec(text.trim());
  if (match === null || match[1].length > 24) {
    throw new RangeError(
      `${option} ${JSON.stringify(text.slice(0, 40))}: not a size; write a whole number with K, M or G, such as 512M`,
    );
  }
  return BigInt(match[1]) * UNITS[(match[2] ?? '').toLowerCase()];
}

/** The shortest exact form, which parseMemorySize reads: 536870912 is `512M`. */
export function formatMemorySize(bytes: bigint): string {
  for (const unit of ['t', 'g', 'm', 'k']) {
    if (bytes > 0n && bytes % UNITS[unit] === 0n) return `${bytes / UNITS[unit]}${unit.toUpperCase()}`;
  }
  return `${bytes}`;
}
