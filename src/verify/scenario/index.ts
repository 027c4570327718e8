/** Scenario files: what they say, and runs of it. */
export {
  type ListNode,
  type MapEntry,
  type MapNode,
  type Node,
  oneLine,
  type Problem,
  type Scalar,
  type ScalarNode,
} from './document.js';
export type { ScenarioAction, ScenarioEvent } from './events.js';
export { type Difference, describeDifference, type Expectation } from './expect.js';
export { type ParsedScenario, parseScenario, type RunPlan } from './parse.js';
export { fileStem, type ReportedRun, type ReportFile, reportFiles } from './report/index.js';
export { type Images, type RunEnvironment, type RunOutcome, type RunTrace, runScenario } from './run.js';
