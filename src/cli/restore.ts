/** `chronovisor restore`: goes on from a snapshot. */
import type { Command } from 'commander';
import { parseHost } from '../host/frequency.js';
import { parseFaults } from '../hypervisor/faults.js';
import { parseIdentityRegister } from '../hypervisor/identity/index.js';
import { admitHostCpu } from '../migration/compatibility.js';
import { type Machine, restoreSnapshot } from '../migration/snapshot.js';
import { backendOptions, type DeviceTexts, OpenDevices } from './devices.js';
import { UsageError } from './errors.js';
import { execute, OPENING } from './execute.js';
import { inputFile, readInput } from './files.js';
import { COMMON, type CommonOptions } from './options.js';
import { digestOf, openReplay, withRecorded } from './replay.js';

interface RestoreOptions extends CommonOptions, DeviceTexts {
  host?: string;
}

export function addRestore(program: Command): void {
  const command = program.command('restore <snapshot>').description('go on from a snapshot');
  command.option('--host <host>', 'on another host than the one that saved it: a migration');
  for (const option of [...backendOptions(), ...COMMON]) command.addOption(option);
  command.action(async (path: string, given: RestoreOptions) => {
    const log = openReplay(given);
    const options = log ? withRecorded(given, log.header, command, ['fault']) : given;
    if (log && given.host !== undefined)
      throw new UsageError('--host: not with --replay, since the log says what happens');
    performance.mark(OPENING);
    // What is written down for a replay is the digest of all of it.
    const bytes = options.record || log ? readInput(path) : null;
    const devices = new OpenDevices(options, { seed: 0, restoring: true, keeps: log === null });
    const engine = options.engine as 'interp' | 'jit';
    const machine = restoreSnapshot(bytes ?? inputFile(path), engine, {}, parseFaults(options.fault), devices.backends);
    devices.attach(machine);
    if (options.host !== undefined) moveTo(machine, options.host, options);
    const files = bytes ? [digestOf('snapshot', path, bytes)] : [];
    process.exitCode = await execute(machine, path, options, [], { options, log, files });
    devices.close(machine);
  });
}

/**
 * Has the run begin with a migration to another host.
 * @throws RangeError where the guest cannot go on behind its CPU: nothing is run then
 */
function moveTo(machine: Machine, host: string, options: CommonOptions): void {
  const spec = parseHost(host);
  admitHostCpu(
    machine.vm,
    spec,
    options.allow.map((name) => parseIdentityRegister(name)),
  );
  options.migrate.unshift(`insn=${machine.host.instructions} to ${host}`);
}
