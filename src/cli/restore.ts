/** `chronovisor restore`: goes on from a snapshot. */
import type { Command } from 'commander';
import { parseFaults } from '../hypervisor/faults.js';
import { restoreSnapshot } from '../migration/snapshot.js';
import { execute } from './execute.js';
import { readInput } from './files.js';
import { COMMON, type CommonOptions } from './options.js';

export function addRestore(program: Command): void {
  const command = program.command('restore <snapshot>').description('go on from a snapshot');
  for (const option of COMMON) command.addOption(option);
  command.action(async (path: string, options: CommonOptions) => {
    const faults = parseFaults(options.fault);
    const machine = restoreSnapshot(readInput(path), options.engine as 'interp' | 'jit', {}, faults);
    process.exitCode = await execute(machine, path, options, []);
  });
}
