/** A live migration that cannot go on; one line, for users. What it leaves behind is said by whoever was talking. */
export class MigrationFailed extends Error {
  constructor(what: string) {
    super(`migration: ${what}`);
    this.name = 'MigrationFailed';
  }
}
