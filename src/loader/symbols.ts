// Names of addresses: the symbols of an ELF file, and finding the one that an address is in.

/** A named address. */
export interface ImageSymbol {
  readonly name: string;
  /** Address as linked, moved along where the image was moved. */
  readonly value: bigint;
  /** Bytes; zero where the file does not say. */
  readonly size: bigint;
}

/**
 * The symbol that `address` lies in, and how far from its start. `symbols` are sorted by value, as a LoadPlan has them.
 * A symbol without a size reaches up to the next one.
 */
export function symbolize(
  symbols: readonly ImageSymbol[],
  address: bigint,
): { readonly name: string; readonly offset: bigint } | undefined {
  let low = 0;
  let high = symbols.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (symbols[middle].value <= address) low = middle + 1;
    else high = middle;
  }
  const symbol = symbols[low - 1];
  if (symbol === undefined) return undefined;
  const offset = address - symbol.value;
  return symbol.size === 0n || offset < symbol.size ? { name: symbol.name, offset } : undefined;
}
