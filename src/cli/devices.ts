/** The options that give a machine virtio devices, from their texts to configuration and what is behind it. */
import { closeSync, openSync } from 'node:fs';
import { Option } from 'commander';
import { defaultMac, type NetConfig, type VirtioBackends, type VirtioConfig } from '../machine/virtio/index.js';
import type { Machine } from '../migration/snapshot.js';
import { writeWhole } from './drives/contents.js';
import { type OpenDrive, openDrive, parseDrive } from './drives/index.js';
import { UsageError } from './errors.js';
import { checkOutput } from './files.js';
import { collect } from './options.js';

/** What commander hands over. */
export interface DeviceTexts {
  drive: string[];
  net?: string[];
  rng?: boolean;
  virtioConsole?: string;
}

/** Their attribute names: what they say of the machine is in a log, too. */
export const DEVICE_OPTIONS: readonly (keyof DeviceTexts)[] = ['drive', 'net', 'rng', 'virtioConsole'];

/** The options that a restore has: what devices there are is in the snapshot, what is behind them is not. */
export const backendOptions = (): readonly Option[] => [
  new Option('--drive <file[,ro][,overlay=file][,bus=pci|mmio]>', 'a virtio disk (repeatable)')
    .argParser(collect)
    .default([], 'none'),
  new Option(
    '--virtio-console <file>',
    'a virtio console beside the UART; what the guest prints there goes to the file',
  ),
];

export const deviceOptions = (): readonly Option[] => [
  ...backendOptions(),
  new Option('--net <user|switch=NAME[,bus=pci|mmio][,mac=...]>', 'a virtio network device (repeatable)')
    .argParser(collect)
    .default([], 'none'),
  new Option('--rng', 'a virtio entropy device, on --seed'),
];

const NET_FORM = 'say --net user or --net switch=NAME, and [,bus=pci|mmio][,mac=52:54:00:12:34:56]';

/** @throws UsageError */
export function parseNet(text: string, n: number): NetConfig {
  const match = /^(?:user|switch=([\w.-]{1,40}))((?:,(?:bus=(?:pci|mmio)|mac=[0-9a-fA-F:]{17})){0,2})$/.exec(text);
  const values = [...(match?.[2] ?? '').matchAll(/,(bus|mac)=([^,]+)/g)].map(
    ([, name, value]) => [name, value] as const,
  );
  const given = new Map(values);
  if (!match || given.size !== values.length) throw new UsageError(`--net ${text.slice(0, 80)}: ${NET_FORM}`);
  return {
    kind: 'net',
    bus: (given.get('bus') ?? 'pci') as NetConfig['bus'],
    peer: match[1] === undefined ? 'user' : { switch: match[1] },
    mac: given.get('mac')?.toLowerCase() ?? defaultMac(n),
  };
}

/** Devices with all that is open for them. */
export class OpenDevices {
  readonly configs: readonly VirtioConfig[];
  readonly backends: VirtioBackends;
  readonly #drives: readonly OpenDrive[];
  readonly #console: number | null;

  /**
   * @param how `seed`: of what is random; `restoring`: drives are those of a snapshot; `keeps`: files are written
   * @throws UsageError, or the system's error where a file cannot be opened
   */
  constructor(texts: DeviceTexts, how: { seed: number; restoring: boolean; keeps: boolean }) {
    const parsed = texts.drive.map(parseDrive);
    if (texts.virtioConsole !== undefined) checkOutput(texts.virtioConsole);
    this.#drives = parsed.map((drive) => openDrive(drive, how));
    this.configs = [
      ...this.#drives.map(({ config }) => config),
      ...(texts.net ?? []).map(parseNet),
      ...(texts.rng ? [{ kind: 'rng', bus: 'pci', seed: how.seed } as const] : []),
      ...(texts.virtioConsole === undefined ? [] : [{ kind: 'console', bus: 'pci' } as const]),
    ];
    this.backends = { disks: this.#drives.map(({ disk }) => disk) };
    this.#console = texts.virtioConsole === undefined ? null : openSync(texts.virtioConsole, 'w');
  }

  /** @throws UsageError where a snapshot could not be gone on from */
  checkSave(save: string | undefined): void {
    if (save === undefined || !this.#drives.some(({ inPlace }) => inPlace)) return;
    throw new UsageError('--save: not with a drive that is written in place; give it ro or overlay=FILE');
  }

  /**
   * Connects the machine's virtio console to its file.
   * @throws UsageError where something is given that the machine does not have
   */
  attach({ host, vm }: Machine): void {
    const drives = vm.board.virtio.disks.length;
    if (this.#drives.length !== drives) {
      throw new UsageError(`--drive: ${this.#drives.length} given, the machine has ${drives}`);
    }
    const fd = this.#console;
    let at = 0;
    if (fd === null) return;
    if (!vm.config.devices?.some(({ kind }) => kind === 'console')) {
      throw new UsageError('--virtio-console: the machine has none');
    }
    host.onVirtioConsole = (bytes) => {
      writeWhole(fd, bytes, at);
      at += bytes.length;
    };
  }

  /** Writes what the guest has written since it last flushed, and closes all files. */
  close({ vm }: Machine): void {
    for (const disk of vm.board.virtio.disks) disk.flush();
    for (const drive of this.#drives) drive.close();
    if (this.#console !== null) closeSync(this.#console);
  }
}
