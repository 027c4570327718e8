/** Live migration: the protocol and its two sides, without any way to carry bytes (docs/migration.md). */
export { type DestinationPhase, LiveDestination, type Room } from './destination.js';
export { MigrationFailed } from './errors.js';
export { LiveInquiry } from './inquiry.js';
export type { Offer, Question } from './messages.js';
export { type Arrival, reserveRoom } from './room.js';
export { LiveSource, type SourceOptions, type SourcePhase } from './source.js';
