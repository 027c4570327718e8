/** What the guest has printed, read line by line as a person at the console would. */

/** Characters that are kept; a guest that prints more loses its first ones. */
const LIMIT = 4 * 2 ** 20;

export class Transcript {
  #text = '';
  /** Where the next search begins. */
  #read = 0;

  add(byte: number): void {
    // Terminals move the carriage; a test reads lines.
    if (byte === 13) return;
    this.#text += String.fromCharCode(byte);
    if (this.#text.length <= 2 * LIMIT) return;
    this.#text = this.#text.slice(-LIMIT);
    this.#read = Math.max(0, this.#read - LIMIT);
  }

  get text(): string {
    return this.#text;
  }

  /** The first match in a line not yet read, which is read then up to the match's end; null: none yet. */
  take(pattern: RegExp): RegExpMatchArray | null {
    const plain = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
    for (let from = this.#read; from < this.#text.length; ) {
      const end = this.#text.indexOf('\n', from);
      const line = this.#text.slice(from, end === -1 ? undefined : end);
      const match = plain.exec(line);
      if (match) {
        this.#read = from + match.index + match[0].length;
        return match;
      }
      if (end === -1) break;
      from = end + 1;
    }
    return null;
  }

  /** The last lines, for an error. */
  tail(lines = 8): string {
    const shown = this.#text.trimEnd().split('\n').slice(-lines);
    return shown[0] === '' ? '  (it has printed nothing)' : shown.map((line) => `  | ${line.slice(0, 200)}`).join('\n');
  }
}
