#!/usr/bin/env node
/** The command line. */
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { Command, CommanderError, Option } from 'commander';
import { useCrc32 } from '../migration/crc32.js';
import { EXIT, reportError } from './errors.js';
import { LOG_LEVELS, setLogLevel } from './log.js';

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
useCrc32(crc32);

/** Loading the code of all commands takes longer than restoring a guest: that of the one which is named, or of all. */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  run: async () => (await import('./run.js')).addRun,
  restore: async () => (await import('./restore.js')).addRestore,
  receive: async () => (await import('./receive.js')).addReceive,
  verify: async () => (await import('./verify.js')).addVerify,
  demo: async () => (await import('./demo.js')).addDemo,
  'linux-time': async () => (await import('./linux-time.js')).addLinuxTime,
  image: async () => (await import('./image.js')).addImage,
  inspect: async () => (await import('./inspect.js')).addInspect,
};
const [first = ''] = process.argv.slice(2);
const named = Object.hasOwn(COMMANDS, first) ? [COMMANDS[first]!] : Object.values(COMMANDS);
for (const load of named) (await load())(program);
for (const command of program.commands) command.exitOverride().showHelpAfterError('(chronovisor --help says more)');

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  else process.exitCode = reportError(error);
}
