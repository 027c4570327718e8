/** `chronovisor inspect`: says what an image, a snapshot or a device tree is. */
import type { Command } from 'commander';
import { HOST_PRESETS } from '../host/frequency.js';
import { formatFrequency } from '../host/time-spec.js';
import { FAULTS } from '../hypervisor/faults.js';
import { formatPolicies, resolvePolicies } from '../hypervisor/vgic/index.js';
import { planLoad } from '../loader/index.js';
import { type DeviceTreeNode, readFdt } from '../machine/device-tree/index.js';
import { VIRT } from '../machine/virt.js';
import type { BlockConfig } from '../machine/virtio/index.js';
import { isContainer } from '../migration/container.js';
import { describeSnapshot } from '../migration/snapshot.js';
import { readInput } from './files.js';

const FDT_MAGIC = 0xd00dfeed;
const hex = (n: bigint | number): string => `0x${n.toString(16)}`;

export function addInspect(program: Command): void {
  program
    .command('inspect <file>')
    .description(
      "say what an image, a snapshot or a device tree is; 'hosts' lists the named hosts, 'faults' what --fault knows",
    )
    .action((path: string) => {
      for (const line of LISTS[path]?.() ?? describe(path)) process.stdout.write(`${line}\n`);
    });
}

const hosts = (): string[] =>
  HOST_PRESETS.map((h) => `${h.name.padEnd(12)} ${formatFrequency(h.freqHz).padEnd(12)} ${h.note}`);

const faults = (): string[] => FAULTS.map((f) => `${f.name.padEnd(26)} ${f.caseId.padEnd(4)} ${f.does}`);

const LISTS: Readonly<Record<string, () => string[]>> = { __proto__: null as never, hosts, faults };

function describe(path: string): string[] {
  const bytes = readInput(path);
  if (isContainer(bytes)) return snapshot(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length >= 4 && view.getUint32(0) === FDT_MAGIC) return tree(readFdt(bytes).root, '');
  return image(path, bytes);
}

function snapshot(bytes: Uint8Array): string[] {
  const { config, spec, sections, read } = describeSnapshot(bytes);
  const known = Object.entries(read).map(([name, value]) => `${name} ${hex(value)}`);
  return [
    `snapshot: ${config.vcpus} x ${config.cpu}, ${config.ramBytes / 2 ** 20}M of RAM, pvtime ${config.pvTime}`,
    `gic: ${formatPolicies(resolvePolicies(config.listRegisters, config.gic ?? {}))}`,
    `host: ${spec.name}, ${formatFrequency(spec.freqHz)}, ${spec.ppm} ppm`,
    ...(config.devices ?? []).map(
      (d) => `virtio ${d.kind} on ${d.bus}${d.kind === 'block' ? `: ${driveText(d)}` : ''}`,
    ),
    ...(known.length ? [`the guest has read ${known.join(', ')}`] : []),
    ...sections.map((s) => `section ${s.name} version ${s.version}: ${s.length} bytes`),
  ];
}

const driveText = ({ size, sha256, readOnly }: BlockConfig): string =>
  `${size} bytes, SHA-256 ${sha256}${readOnly ? ', read-only' : ''}`;

function tree(node: DeviceTreeNode, indent: string): string[] {
  const value = (bytes: Uint8Array): string => {
    const text = new TextDecoder('latin1').decode(bytes);
    if (bytes.length > 1 && /^([\x20-\x7e]+\0)+$/.test(text))
      return JSON.stringify(text.slice(0, -1).split('\0')).slice(1, -1);
    return `<${Buffer.from(bytes.subarray(0, 32)).toString('hex')}${bytes.length > 32 ? '...' : ''}>`;
  };
  return [
    `${indent}${node.name || '/'} {`,
    ...[...node.props].map(([name, v]) => `${indent}  ${name}${v.length ? ` = ${value(v)}` : ''}`),
    ...node.children.flatMap((child) => tree(child, `${indent}  `)),
    `${indent}}`,
  ];
}

function image(path: string, bytes: Uint8Array): string[] {
  const plan = planLoad(bytes, { name: path, ramBase: BigInt(VIRT.ram.base), ramSize: 3n << 30n });
  const kinds = {
    linux: 'arm64 Linux Image',
    elf: 'ELF executable for AArch64',
    raw: 'raw binary',
    firmware: 'firmware',
  };
  return [
    `${path}: ${kinds[plan.kind]}, entry ${hex(plan.entry)}, ${plan.symbols.length} symbols`,
    ...plan.segments
      .filter((s) => s.address !== plan.dtbAddress)
      .map((s) => `segment ${hex(s.address)}: ${s.data.length} bytes and ${s.zeroFill} of zeros`),
  ];
}
