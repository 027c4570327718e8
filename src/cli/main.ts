#!/usr/bin/env node
/** The command line. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { addDemo } from './demo.js';
import { EXIT, reportError } from './errors.js';
import { addImage } from './image.js';
import { addInspect } from './inspect.js';
import { addLinuxTime } from './linux-time.js';
import { LOG_LEVELS, setLogLevel } from './log.js';
import { addReceive } from './receive.js';
import { addRestore } from './restore.js';
import { addRun } from './run.js';
import { addVerify } from './verify.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

// Whoever reads our output has had enough, as `head` does: the status of a process that SIGPIPE ends, and no more to say.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? 141 : EXIT.internal),
);

const program = new Command('chronovisor')
  .description(
    'runs Arm guests deterministically, migrates them across counter frequencies, says what they saw of time',
  )
  .version(version)
  .showHelpAfterError('(chronovisor --help says more)')
  .addOption(
    new Option('--log <level>', "the platform's own log, JSON lines on stderr").choices(LOG_LEVELS).default('silent'),
  )
  .hook('preAction', (command) => setLogLevel(command.opts<{ log: string }>().log))
  .exitOverride();
for (const add of [addRun, addRestore, addReceive, addVerify, addDemo, addLinuxTime, addImage, addInspect])
  add(program);
for (const command of program.commands) command.exitOverride().showHelpAfterError('(chronovisor --help says more)');

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  else process.exitCode = reportError(error);
}
