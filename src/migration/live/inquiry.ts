/** Over a new link, for a source that lost the first: says what it has decided and hears what became of the guest. */
import { MigrationFailed } from './errors.js';
import { FrameReader } from './frame-reader.js';
import { FrameWriter, MAGIC, PROTOCOL } from './frames.js';
import { encodeHello, encodeQuestion, type Question } from './messages.js';

export class LiveInquiry {
  readonly #reader: FrameReader;
  readonly output: readonly Uint8Array[];
  /** Null until it has come. */
  answer: 'runs' | 'gone' | null = null;
  /** Why there will be none. */
  reason: string | null = null;

  constructor(question: Question) {
    const writer = new FrameWriter();
    this.output = [
      MAGIC,
      writer.message('HELO', encodeHello({ version: PROTOCOL, role: 'source' })),
      writer.message('ASKS', encodeQuestion(question)),
    ];
    this.#reader = new FrameReader({
      admit: () => {},
      message: (name) => {
        if (name === 'RUNS') this.answer ??= 'runs';
        else if (name === 'GONE') this.answer ??= 'gone';
        else if (name !== 'HELO') throw new MigrationFailed(`${name} is no answer`);
      },
      pages: () => {
        throw new MigrationFailed('pages are no answer');
      },
      stored: () => {},
    });
  }

  receive(bytes: Uint8Array): void {
    if (this.reason !== null || this.answer !== null) return;
    try {
      this.#reader.feed(bytes);
    } catch (error) {
      if (!(error instanceof MigrationFailed)) throw error;
      this.reason = error.message;
    }
  }
}
