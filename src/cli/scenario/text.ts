/** The text of a scenario file to its runs, or to what is wrong with it. */
import { type ParsedScenario, parseScenario } from '../../verify/scenario/index.js';
import { readYaml } from './yaml.js';

/** @param file the name that plans carry */
export function readScenario(text: string, file: string): ParsedScenario {
  const yaml = readYaml(text);
  return 'problems' in yaml ? yaml : parseScenario(yaml.root, file);
}
