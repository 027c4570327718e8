/** `chronovisor run`: loads an image and runs it. */
import { type Command, Option } from 'commander';
import { PROFILES } from '../arch/profiles.js';
import type { HostSpec } from '../host/frequency.js';
import { parseFrequency } from '../host/time-spec.js';
import { parseFaults } from '../hypervisor/faults.js';
import {
  hostIdentity,
  implementationList,
  implementationOf,
  parseImplementation,
} from '../hypervisor/identity/index.js';
import { parsePvTimeProfile } from '../hypervisor/pvtime/index.js';
import { parseStrategy } from '../hypervisor/strategy/index.js';
import { boardOf } from '../hypervisor/vm/board-of.js';
import { checkConfig, type VmConfig } from '../hypervisor/vm/config.js';
import { parseGic } from '../hypervisor/vm/gic-option.js';
import { type LoadPlan, parseMemorySize, planFirmware, planLoad } from '../loader/index.js';
import { VIRT } from '../machine/virt.js';
import { isContainer } from '../migration/container.js';
import { beginWith } from '../migration/migrate.js';
import { createMachine, type Machine } from '../migration/snapshot.js';
import { type DeviceTexts, deviceOptions, OpenDevices } from './devices.js';
import { UsageError } from './errors.js';
import { execute } from './execute.js';
import { log } from './log.js';
import { parseMigrations } from './migrations.js';
import { COMMON, type CommonOptions, collect, type HostTexts, hostOptions, integer } from './options.js';
import { Inputs, openReplay, withRecorded } from './replay.js';

interface RunOptions extends CommonOptions, HostTexts, DeviceTexts {
  initrd?: string;
  append?: string;
  dtb?: string;
  firmware?: string;
  flashVars?: string;
  cpu: string;
  smp: string;
  memory: string;
  mayMeet: string[];
  pvtime: string;
  vmclock?: boolean;
  lptFreq: string;
  gic: string;
  epoch: string;
}

/** UTC at host time 0 where nothing else is said: a run does not depend on the day it is made. */
const EPOCH = String(Date.UTC(2026, 0, 1) / 1000);

export function addRun(program: Command): void {
  const command = program
    .command('run [image]')
    .description('boot an ELF file, a Linux Image (plain, gzip or zboot), a raw binary or firmware')
    .option('--initrd <file>', 'initial RAM disk')
    .option('--append <text>', 'kernel command line')
    .option('--dtb <file>', 'device tree of your own; gets the command line, RAM disk and RAM')
    .option('--firmware <file>', 'start from this firmware in flash, such as U-Boot or EDK2, and not from an image')
    .option('--flash-vars <file>', "what firmware's second bank of flash holds at first")
    .option('--cpu <profile>', `CPU profile: ${Object.keys(PROFILES).join(' or ')}`, 'cortex-a57')
    .option('--smp <n>', 'vCPUs, 1 to 8', '1')
    .option('--memory <size>', 'RAM, a multiple of 2M up to 3G', '512M')
    .option(
      '--host <host>',
      'counter and CPU: 25MHz, or freq=25MHz,ppm=30,start=0,name=old,cntsc=1,ecv=0,cpu=neoverse-n1,midr=0x...',
      '62.5MHz',
    )
    .option('--ips <n>', 'instructions a second and vCPU of the modelled host; divides 10^12', '1000000000')
    .option('--quantum <duration>', "a vCPU's turn", '10us')
    .addOption(
      new Option('--cost <list>', 'exit costs in ns: hypercall=306,... or all=0')
        .argParser(collect)
        .default([], 'KVM-like'),
    )
    .addOption(
      new Option('--steal <pattern>', '"vcpu=0 every=10ms for=3ms" (repeatable)')
        .argParser(collect)
        .default([], 'none'),
    )
    .option('--seed <n>', 'seed of all that is random', '1')
    .addOption(
      new Option(
        '--may-meet <implementation>',
        'tell the guest of a CPU it may meet: a profile, or midr=0x... (repeatable)',
      )
        .argParser(collect)
        .default([], 'none'),
    )
    .option('--pvtime <profile>', 'paravirtual time: rfc2020, beta2018 (unverified layout) or off', 'rfc2020')
    .option('--vmclock', 'a vmclock device: true time, and an interrupt at each migration')
    .option('--lpt-freq <frequency>', 'frequency of Live Physical Time', '100MHz')
    .option('--gic <list>', 'vGIC: listRegisters=1..16, its=on|off, policies (docs/vgic.md)', 'listRegisters=4')
    .option('--epoch <seconds>', 'UTC at host time 0, seconds since 1970', EPOCH);
  for (const option of [...deviceOptions(), ...COMMON]) command.addOption(option);
  command.action(async (named: string | undefined, given: RunOptions) => {
    const log = openReplay(given);
    const options = log ? withRecorded(given, log.header, command) : given;
    const inputs = new Inputs(options.record !== undefined || log !== null);
    const seed = integer(options.seed, '--seed', 0, 2 ** 32 - 1);
    const devices = new OpenDevices(options, { seed, restoring: false, keeps: log === null });
    devices.checkSave(options.save);
    const image = imageOf(named, options);
    const { machine, plan } = load(image, options, inputs, devices);
    devices.attach(machine);
    process.exitCode = await execute(machine, image, options, plan.symbols, { options, log, files: inputs.files });
    devices.close(machine);
  });
}

/** The VM that the options describe. */
function configOf(options: RunOptions): VmConfig {
  const memory = parseMemorySize(options.memory);
  const gic = parseGic(options.gic);
  const faults = parseFaults(options.fault);
  return checkConfig({
    cpu: options.cpu,
    vcpus: integer(options.smp, '--smp', 1, 8),
    ramBytes: Number(memory),
    pvTime: parsePvTimeProfile(options.pvtime),
    lpt: parseStrategy(options.strategy) === 'lpt' || parseMigrations(options).some((m) => m.strategy === 'lpt'),
    pvFreqHz: parseFrequency(options.lptFreq, '--lpt-freq'),
    startEpoch: integer(options.epoch, '--epoch', 0, 2 ** 32 - 1),
    semihosting: true,
    ...gic,
    ...(options.vmclock && { vmclock: true }),
    ...(options.firmware !== undefined && { firmware: true }),
    ...(faults.length && { faults }),
  });
}

/** What the guest starts from. @throws UsageError where that is nothing, or two things */
function imageOf(image: string | undefined, { firmware, flashVars, initrd, append }: RunOptions): string {
  if (firmware === undefined) {
    if (flashVars !== undefined) throw new UsageError('--flash-vars: there is no flash; add --firmware FILE');
    if (image === undefined) throw new UsageError('run: no image; name a kernel, or add --firmware FILE');
    return image;
  }
  const given = Object.entries({ [String(image)]: image, '--initrd': initrd, '--append': append });
  const other = given.find(([, value]) => value !== undefined);
  if (other) {
    throw new UsageError(`${other[0]}: not with --firmware, which is what starts; give it the kernel on a --drive`);
  }
  return firmware;
}

/** What the guest is told of the CPUs it may meet: the one it begins on, and those that the user names. */
function implementationsOf({ mayMeet, cpu }: RunOptions, spec: HostSpec): Pick<VmConfig, 'implementations'> {
  if (mayMeet.length === 0) return {};
  const first = implementationOf(hostIdentity(spec.cpu, PROFILES[cpu]!));
  return { implementations: implementationList([first, ...mayMeet.map((text) => parseImplementation(text))]) };
}

function load(
  image: string,
  options: RunOptions,
  inputs: Inputs,
  { configs, backends }: OpenDevices,
): { machine: Machine; plan: LoadPlan } {
  const host = hostOptions(options);
  const devices = configs.length ? { devices: configs } : {};
  const config = checkConfig({ ...configOf(options), ...implementationsOf(options, host.spec), ...devices });
  const bytes = inputs.read(options.firmware === undefined ? 'image' : 'firmware', image);
  if (isContainer(bytes)) throw new UsageError(`${image}: this is a snapshot; go on from it with chronovisor restore`);
  const vars = options.flashVars;
  const what = {
    name: image,
    ramBase: BigInt(VIRT.ram.base),
    ramSize: BigInt(config.ramBytes),
    ...(options.dtb && { dtb: inputs.read('dtb', options.dtb) }),
    board: boardOf(config),
  };
  const plan = config.firmware
    ? planFirmware(bytes, {
        ...what,
        ...(vars !== undefined && { vars: { name: vars, bytes: inputs.read('flash-vars', vars) } }),
      })
    : planLoad(bytes, {
        ...what,
        ...(options.initrd && { initrd: inputs.read('initrd', options.initrd) }),
        ...(options.append !== undefined && { bootargs: options.append }),
      });
  const segments = plan.segments.map((s) => ({
    at: `0x${s.address.toString(16)}`,
    bytes: s.data.length,
    zeros: s.zeroFill,
  }));
  log.debug({ kind: plan.kind, entry: `0x${plan.entry.toString(16)}`, segments }, 'loaded');
  const machine = createMachine(host, config, options.engine as 'interp' | 'jit', backends);
  beginWith(machine, parseStrategy(options.strategy));
  const memories = machine.vm.memory();
  for (const { address, data } of plan.segments) {
    const at = Number(address);
    const memory = memories.find(({ base, size }) => at >= base && at < base + size)!;
    memory.write(at - memory.base, data);
  }
  machine.vm.boot(plan.entry, plan.dtbAddress);
  return { machine, plan };
}
