/** What a guest did, or did not do, that a test did not expect. */
export class GuestError extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'GuestError';
  }
}
