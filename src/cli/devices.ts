/** The options that give a machine virtio devices, from their texts to configuration and what is behind it. */
import { closeSync, openSync } from 'node:fs';
import { Option } from 'commander';
import type { VirtioBackends, VirtioConfig } from '../machine/virtio/index.js';
import type { Machine } from '../migration/snapshot.js';
import { writeWhole } from './drives/contents.js';
import { type OpenDrive, openDrive, parseDrive } from './drives/index.js';
import { UsageError } from './errors.js';
import { checkOutput } from './files.js';
import { collect } from './options.js';

/** What commander hands over. */
export interface DeviceTexts {
  drive: string[];
  rng?: boolean;
  virtioConsole?: string;
}

/** Their attribute names: what they say of the machine is in a log, too. */
export const DEVICE_OPTIONS: readonly (keyof DeviceTexts)[] = ['drive', 'rng', 'virtioConsole'];

export const deviceOptions = (): readonly Option[] => [
  new Option('--drive <file[,ro][,overlay=file][,bus=pci|mmio]>', 'a virtio disk (repeatable)')
    .argParser(collect)
    .default([], 'none'),
  new Option('--rng', 'a virtio entropy device, on --seed'),
  new Option(
    '--virtio-console <file>',
    'a virtio console beside the UART; what the guest prints there goes to the file',
  ),
];

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
      ...(texts.rng ? [{ kind: 'rng', bus: 'mmio', seed: how.seed } as const] : []),
      ...(texts.virtioConsole === undefined ? [] : [{ kind: 'console', bus: 'mmio' } as const]),
    ];
    this.backends = { disks: this.#drives.map(({ disk }) => disk) };
    this.#console = texts.virtioConsole === undefined ? null : openSync(texts.virtioConsole, 'w');
  }

  /** @throws UsageError where a snapshot could not be gone on from */
  checkSave(save: string | undefined): void {
    if (save === undefined || !this.#drives.some(({ inPlace }) => inPlace)) return;
    throw new UsageError('--save: not with a drive that is written in place; give it ro or overlay=FILE');
  }

  /** Connects the machine's virtio console to its file. */
  attach({ host }: Machine): void {
    const fd = this.#console;
    let at = 0;
    if (fd === null) return;
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
