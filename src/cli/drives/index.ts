/** `--drive`: from its text to a device's configuration and what its disk holds. */
import { type BlockConfig, DEFAULT_BLOCK_LATENCY, type DiskBackend, MAX_LATENCY } from '../../machine/virtio/index.js';
import { UsageError } from '../errors.js';
import { openContents } from './contents.js';
import { openOverlay } from './overlay.js';

/** What `--drive` says. */
export interface DriveText {
  readonly file: string;
  readonly readOnly: boolean;
  readonly bus: 'pci' | 'mmio' | undefined;
  readonly overlay: string | undefined;
  /** ns. */
  readonly latency: number | undefined;
}

const FORM = 'say --drive FILE[,ro][,overlay=FILE][,bus=pci|mmio][,latency=NANOSECONDS]';

/** @throws UsageError */
export function parseDrive(text: string): DriveText {
  const [file = '', ...parts] = text.split(',');
  const given = new Map<string, string>();
  for (const part of parts) {
    const [name = '', ...value] = part.split('=');
    if (given.has(name)) throw new UsageError(`--drive ${text.slice(0, 80)}: ${name} twice; ${FORM}`);
    given.set(name, value.join('='));
  }
  const take = (name: string): string | undefined => {
    const value = given.get(name);
    given.delete(name);
    return value;
  };
  const [ro, bus, overlay, latency] = [take('ro'), take('bus'), take('overlay'), take('latency')];
  const known = given.size === 0 && file !== '' && !ro && (bus === undefined || bus === 'pci' || bus === 'mmio');
  if (!known) throw new UsageError(`--drive ${text.slice(0, 80)}: ${FORM}`);
  if (ro !== undefined && overlay !== undefined) {
    throw new UsageError(`--drive ${text.slice(0, 80)}: ro and overlay= exclude each other`);
  }
  const ns = latency === undefined ? undefined : /^\d{1,10}$/.test(latency) ? Number(latency) : Number.NaN;
  if (ns !== undefined && !(ns <= MAX_LATENCY)) {
    throw new UsageError(`--drive ${text.slice(0, 80)}: latency is 0 to ${MAX_LATENCY} ns`);
  }
  return { file, readOnly: ro !== undefined, bus, overlay, latency: ns };
}

/** A drive that is open. */
export interface OpenDrive {
  readonly disk: DiskBackend;
  readonly config: BlockConfig;
  /** Whether the guest's flushes change the file itself: a snapshot, which names it by its SHA-256, cannot be taken. */
  readonly inPlace: boolean;
  close(): void;
}

/**
 * Opens a drive's file and its overlay.
 * @param how `restoring`: the guest's writes come from a snapshot; `keeps`: what the guest flushes goes to the files
 * @throws UsageError
 */
export function openDrive(drive: DriveText, how: { restoring: boolean; keeps: boolean }): OpenDrive {
  const inPlace = !drive.readOnly && drive.overlay === undefined && !how.restoring;
  const contents = openContents(drive.file, inPlace && how.keeps);
  const { size, sha256 } = contents;
  const overlay = drive.overlay === undefined ? null : openOverlay(drive.overlay, contents, how.restoring && how.keeps);
  const { bus = 'pci', readOnly, latency = DEFAULT_BLOCK_LATENCY } = drive;
  return {
    disk: {
      contents: overlay && how.keeps ? { ...contents, persist: (clusters) => overlay.persist(clusters) } : contents,
      ...(overlay && { clusters: overlay.clusters, persisted: true }),
    },
    config: { kind: 'block', bus, readOnly, size, sha256, latency },
    inPlace,
    close() {
      contents.close();
      overlay?.close();
    },
  };
}
