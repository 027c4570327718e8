/** A replay log that cannot be what it says, or is of another run; one line, for users. */
export class BadReplayLog extends RangeError {
  constructor(what: string) {
    super(`replay log: ${what}`);
    this.name = 'BadReplayLog';
  }
}
