// Which batches a campaign has: each is a pure function of profile, kind, seed and index, so that any can be replayed.
import { Decoder } from '../../src/arch/a64/decoder.js';
import type { Encoding, Instruction } from '../../src/arch/a64/pattern.js';
import { HOT, PAIRS } from '../../src/arch/engine/hot.js';
import { PROFILES } from '../../src/arch/profiles.js';
import { registersOf } from '../../src/arch/system/index.js';
import type { EngineKind } from './core.js';
import { excludedLine } from './exclusions.js';
import { CaseGenerator, fitsSequences } from './generator.js';
import type { Batch } from './placement.js';
import { Random } from './random.js';

/** What a batch is made of. */
export type BatchKind = 'single' | 'sweep' | 'sequence' | 'inline' | 'pairs';
export const BATCH_KINDS: readonly BatchKind[] = ['single', 'sweep', 'sequence', 'inline', 'pairs'];

/** Cases of one batch. */
export const BATCH_CASES: Readonly<Record<BatchKind, number>> = {
  single: 1024,
  sweep: 1024,
  sequence: 512,
  inline: 1024,
  pairs: 512,
};
/** Batches that share one interpreter with inlined handlers, and how many handlers and pairs that has. */
const INLINE_SPAN = 8;
const INLINE_MODELS = 256;
const RANDOM_PAIRS = 256;
/** Every so many batches of single instructions run on compiled blocks too. */
const SINGLES_ON_BLOCKS = 4;

export interface BatchId {
  readonly profile: string;
  readonly kind: BatchKind;
  readonly seed: number;
  readonly index: number;
}

export const batchText = (id: BatchId): string =>
  `--profile ${id.profile} --kind ${id.kind} --seed ${id.seed} --index ${id.index}`;

/** The engines that a batch runs on. */
export function enginesOf({ kind, index }: BatchId): readonly EngineKind[] {
  if (kind === 'inline' || kind === 'pairs') return [kind];
  if (kind === 'sequence') return ['interpreter', 'blocks'];
  return kind === 'single' && index % SINGLES_ON_BLOCKS === 0 ? ['interpreter', 'blocks'] : ['interpreter'];
}

/** Makes the batches of one profile. */
export class BatchSource {
  readonly profile: string;
  readonly decoder: Decoder;
  /** Lines that cases are made for. */
  readonly encodings: readonly Encoding[];
  readonly #generator: CaseGenerator;
  /** How often each reason kept a word out, by line and reason. */
  readonly excluded = new Map<string, number>();

  constructor(profile: string, table: readonly Instruction[]) {
    const { features } = PROFILES[profile]!;
    this.profile = profile;
    this.decoder = new Decoder(table, features);
    this.encodings = this.decoder.encodings.filter((e) => !excludedLine(e.instruction.name, features));
    this.#generator = new CaseGenerator({
      decoder: this.decoder,
      fp16: features.has('fp16'),
      registers: registersOf(PROFILES[profile]!).list.map((entry) => entry.encoding & 0x7fff),
      onExcluded: (line, reason) => {
        const key = `${line}: ${reason}`;
        this.excluded.set(key, (this.excluded.get(key) ?? 0) + 1);
      },
    });
  }

  batch({ kind, seed, index }: BatchId): Batch {
    const r = new Random(seed, index * BATCH_STREAMS + KIND_STREAM[kind]);
    const count = BATCH_CASES[kind];
    switch (kind) {
      case 'single': {
        const lines = Array.from({ length: count }, (_, i) => this.#line(index * count + i));
        return this.#generator.singles(r, lines);
      }
      case 'sweep':
        return this.#generator.sweep(r, count, this.encodings);
      case 'sequence':
        return this.#generator.sequences(r, count, this.encodings);
      case 'inline': {
        const models = this.models(seed, index);
        return this.#generator.variants(
          r,
          Array.from({ length: count }, () => r.pick(models)),
        );
      }
      case 'pairs':
        return this.#generator.pairs(r, count, this.pairs(seed, index));
    }
  }

  /** Changes where the interpreter of an `inline` or `pairs` batch has other inlined handlers. */
  modelsKey(index: number): number {
    return Math.floor(index / INLINE_SPAN);
  }

  /** Words whose handlers the interpreter of an `inline` batch has in its main function. */
  models(seed: number, index: number): readonly number[] {
    const span = this.modelsKey(index);
    const r = new Random(seed, span * BATCH_STREAMS + MODEL_STREAM);
    const emitted = this.encodings.filter((e) => e.instruction.emit);
    const chosen = Array.from(
      { length: INLINE_MODELS },
      (_, i) => emitted[(span * INLINE_MODELS + i) % emitted.length]!,
    );
    const branches = emitted.filter((e) => e.instruction.branch);
    const words = [...new Set([...branches, ...chosen])].flatMap((encoding) => this.#generator.word(r, encoding) ?? []);
    return [...HOT.filter((word) => this.#isModel(word)), ...words];
  }

  /** Pairs that the interpreter of a `pairs` batch has, of those that may stand in the middle of a straight line. */
  pairs(seed: number, index: number): readonly (readonly [number, number])[] {
    const r = new Random(seed, this.modelsKey(index) * BATCH_STREAMS + PAIR_STREAM);
    const fits = (word: number): boolean => this.#isModel(word) && fitsSequences(this.decoder.match(word)!.encoding);
    const models = this.models(seed, index).filter(fits);
    const random = Array.from({ length: RANDOM_PAIRS }, (): [number, number] => [r.pick(models), r.pick(models)]);
    return [...PAIRS.filter((pair) => pair.every(fits)), ...random];
  }

  #isModel(word: number): boolean {
    const line = this.decoder.match(word)?.encoding.instruction;
    return !!line?.emit && !excludedLine(line.name, PROFILES[this.profile]!.features);
  }

  #line(n: number): Encoding {
    return this.encodings[n % this.encodings.length]!;
  }
}

const BATCH_STREAMS = 8;
const MODEL_STREAM = 7;
const PAIR_STREAM = 6;
const KIND_STREAM: Readonly<Record<BatchKind, number>> = { single: 0, sweep: 1, sequence: 2, inline: 3, pairs: 4 };

/** One round of a campaign: mostly single instructions, then the whole space, sequences, inlined handlers and pairs. */
const ROUND: readonly BatchKind[] = [
  ...['single', 'single', 'sweep', 'sequence', 'single', 'inline', 'pairs'],
  ...['single', 'single', 'sequence', 'single', 'sweep', 'single'],
] as BatchKind[];

/** The batches of a campaign of at least `cases` cases, from a round on. */
export function* campaignBatches(profile: string, seed: number, cases: number, firstRound = 0): Generator<BatchId> {
  const next: Record<BatchKind, number> = { single: 0, sweep: 0, sequence: 0, inline: 0, pairs: 0 };
  for (const kind of ROUND) next[kind] += firstRound;
  let left = cases;
  while (left > 0) {
    for (const kind of ROUND) {
      yield { profile, kind, seed, index: next[kind]++ };
      left -= BATCH_CASES[kind];
    }
  }
}
