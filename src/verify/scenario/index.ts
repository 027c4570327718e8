/** Scenario files: what they say, and runs of it. */
export type { ListNode, MapEntry, MapNode, Node, Problem, Scalar, ScalarNode } from './document.js';
export type { ScenarioAction, ScenarioEvent } from './events.js';
export { type Difference, describeDifference, type Expectation } from './expect.js';
export { type ParsedScenario, parseScenario, type RunPlan } from './parse.js';
export { type Images, type RunEnvironment, type RunOutcome, runScenario } from './run.js';
