// A small seeded generator (sfc32), good enough to spread cases.

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** Different `stream`s of one seed are independent. */
  constructor(seed: number, stream = 0) {
    this.#a = seed | 0;
    this.#b = stream | 0;
    this.#c = 0x9e3779b9 | 0;
    for (let i = 0; i < 16; i++) this.word();
  }

  /** 32 random bits, unsigned. */
  word(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  /** An integer in 0..n-1; n at most 2^16. */
  below(n: number): number {
    return ((this.word() >>> 16) * n) >>> 16;
  }

  /** True in `n` of `of` cases. */
  chance(n: number, of: number): boolean {
    return this.below(of) < n;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  fill(words: Uint32Array, from: number, to: number): void {
    for (let i = from; i < to; i++) words[i] = this.word();
  }
}
