/** `chronovisor receive`: waits for a guest that migrates here, and goes on with it. */
import { type Command, Option } from 'commander';
import { PROFILES } from '../arch/profiles.js';
import { parseHost } from '../host/frequency.js';
import { parseSteal, StealSchedule } from '../host/steal.js';
import { parseMemorySize } from '../loader/index.js';
import { EXIT, UsageError } from './errors.js';
import { execute } from './execute.js';
import { parseAddress, requireSecret } from './live/address.js';
import { Arrivals } from './live/arrivals.js';
import { readSecret } from './live/link.js';
import { type Expected, SpareEngine } from './live/spare.js';
import { warmUp } from './live/warm-up.js';
import { COMMON, type CommonOptions, collect, integer } from './options.js';

interface ReceiveOptions extends CommonOptions {
  listen: string;
  host?: string;
  memory: string;
  expect: string;
  steal: string[];
  seed: string;
  once?: boolean;
  patience: string;
}

export function addReceive(program: Command): void {
  const command = program
    .command('receive')
    .description('wait for a guest that another process migrates here, and go on with it')
    .requiredOption('--listen <address>', 'HOST:PORT, tcp:HOST:PORT or unix:PATH; port 0 takes a free one')
    .option('--host <host>', "this host's counter: 25MHz, or freq=25MHz,ppm=30,...; else as the source's")
    .option('--memory <size>', 'RAM of the largest guest that is taken', '3G')
    .option(
      '--expect <machine>',
      'the machine that arrives fastest: CPU, vCPUs, RAM; others are taken, too',
      'cpu=cortex-a57,smp=1,memory=512M',
    )
    .addOption(
      new Option('--steal <pattern>', '"vcpu=0 every=10ms for=3ms" (repeatable)')
        .argParser(collect)
        .default([], "the source's"),
    )
    .option('--seed <n>', 'seed of all that is random here', '1')
    .option('--once', 'end with status 1 at the first migration that comes to nothing')
    .option(
      '--patience <seconds>',
      "how long a guest that is ready waits for the source's word when the link is lost",
      '30',
    );
  for (const option of COMMON) command.addOption(option);
  command.action(async (options: ReceiveOptions) => {
    process.exitCode = await receive(options);
  });
}

/** @throws UsageError with the text and the way out */
function parseExpected(text: string): Expected {
  const [, cpu = '', smp = '', memory = ''] = /^cpu=([\w-]+),smp=([1-8]),memory=(\w+)$/.exec(text) ?? [];
  if (!Object.hasOwn(PROFILES, cpu)) {
    throw new UsageError(`--expect ${text.slice(0, 60)}: say cpu=cortex-a57,smp=1,memory=512M`);
  }
  return { cpu, vcpus: Number(smp), ramBytes: Number(parseMemorySize(memory)) };
}

async function receive(options: ReceiveOptions): Promise<number> {
  if (options.record ?? options.replay)
    throw new UsageError('--record, --replay: not with receive; say run or restore');
  const address = parseAddress(options.listen, '--listen');
  const secret = readSecret(options.secretFile);
  requireSecret(address, secret, '--listen');
  const seed = integer(options.seed, '--seed', 0, 2 ** 32 - 1);
  const patterns = options.steal.map((text) => parseSteal(text));
  const engine = options.engine as 'interp' | 'jit';
  const arrivals = new Arrivals({
    listen: address,
    secret,
    spec: options.host === undefined ? null : parseHost(options.host),
    maxMemory: Number(parseMemorySize(options.memory)),
    engine,
    spare: new SpareEngine(parseExpected(options.expect), engine),
    change: patterns.length ? { steal: new StealSchedule(patterns, seed) } : {},
    held: options.held,
    once: options.once ?? false,
    patience: integer(options.patience, '--patience', 0, 1e6) * 1000,
  });
  warmUp(engine);
  await arrivals.open();
  const onSignal = (): void => arrivals.interrupt();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const end = await arrivals.end;
  process.removeListener('SIGINT', onSignal);
  process.removeListener('SIGTERM', onSignal);
  if (end.kind === 'arrived') {
    arrivals.rest();
    const code = await execute(
      end.arrival.machine,
      `migration ${end.from}`,
      options,
      [],
      { options, log: null, files: [] },
      end.arrival,
    );
    arrivals.close();
    return code;
  }
  arrivals.close();
  return end.kind === 'interrupted' ? 130 : EXIT.failed;
}
