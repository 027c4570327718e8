export { type Difference, describeMachine, differences, instantOf } from './describe.js';
export { BadReplayLog } from './errors.js';
export { isReplayLog, LOG_VERSION, LogEncoder, type ReplayLog, readLog } from './format.js';
export { checkpointHash, type Hashes } from './hashes.js';
export { Recorder, type RecorderOptions, type RecordOf } from './recorder.js';
export {
  type FileDigest,
  type Instant,
  type LogHeader,
  type LogRecord,
  type MachineDescription,
  sayInstant,
} from './records.js';
export { Replayer, type ReplayOutcome } from './replayer.js';
