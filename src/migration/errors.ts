/** A snapshot or stream that cannot be what it says; one line, for users. */
export class BadSnapshot extends Error {
  constructor(what: string) {
    super(`snapshot: ${what}`);
    this.name = 'BadSnapshot';
  }
}
