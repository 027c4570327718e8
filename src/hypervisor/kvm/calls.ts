/** KVM's own hypercalls: which of them there are, the implementations a VM may meet, and the PTP clock. */
import type { Implementation } from '../identity/implementations.js';
import { NOT_SUPPORTED, SUCCESS } from '../smccc/ids.js';
import * as id from './ids.js';

/** One instant: true time with the counters as the calling vCPU reads them. */
export interface ClockPair {
  /** UTC in nanoseconds since 1970, rounded down. */
  utcNs: bigint;
  virtual: bigint;
  physical: bigint;
}

/** What answers the calls. */
export interface KvmServices {
  /** Implementations to tell the guest of; empty: there is no such call. */
  readonly implementations: readonly Implementation[];
  /** The guest has been told of the implementation with this index. */
  implementationTold(index: number): void;
  now(vcpu: number): ClockPair;
}

/** X0 to X3. */
export type Registers = readonly [bigint, bigint, bigint, bigint];

const LOW_32 = 0xffff_ffffn;
const alone = (x0: bigint): Registers => [x0, 0n, 0n, 0n];

/** Answers a call of the vendor-specific hypervisor range; null where `functionId` is none of KVM's. */
export function callKvm(
  services: KvmServices,
  vcpu: number,
  functionId: number,
  args: readonly bigint[],
): Registers | null {
  const [x1 = 0n, x2 = 0n, x3 = 0n] = args;
  switch (functionId) {
    case id.VENDOR_HYP_CALL_UID:
      return id.KVM_UID;
    case id.KVM_FEATURES:
      return features(services);
    case id.KVM_PTP:
      return pair(services.now(vcpu), x1 & LOW_32);
    case id.KVM_DISCOVER_IMPL_VER:
      return offersImplementations(services)
        ? [SUCCESS, id.DISCOVER_IMPL_VERSION_1_0, BigInt(services.implementations.length), 0n]
        : alone(NOT_SUPPORTED);
    case id.KVM_DISCOVER_IMPL_CPUS:
      return offersImplementations(services) ? implementation(services, x1, x2 | x3) : alone(NOT_SUPPORTED);
    default:
      return null;
  }
}

const offersImplementations = ({ implementations }: KvmServices): boolean => implementations.length > 0;

/** Bitmap of function numbers, 32 a register. */
function features(services: KvmServices): Registers {
  const { features, ptp, discoverImplVer, discoverImplCpus } = id.FUNCTION;
  const numbers: number[] = [features, ptp];
  if (offersImplementations(services)) numbers.push(discoverImplVer, discoverImplCpus);
  const words = [0n, 0n, 0n, 0n] as [bigint, bigint, bigint, bigint];
  for (const n of numbers) words[n >> 5]! |= 1n << BigInt(n & 31);
  return words;
}

/** X2 and X3 must be zero. */
function implementation(services: KvmServices, index: bigint, reserved: bigint): Registers {
  const found = reserved === 0n && index < BigInt(services.implementations.length);
  if (!found) return alone(id.INVALID_PARAMETER);
  const { midr, revidr, aidr } = services.implementations[Number(index)]!;
  services.implementationTold(Number(index));
  return [SUCCESS, midr, revidr, aidr];
}

/** Both values in two halves each, high before low. */
function pair({ utcNs, virtual, physical }: ClockPair, counter: bigint): Registers {
  if (counter !== id.PTP_VIRTUAL_COUNTER && counter !== id.PTP_PHYSICAL_COUNTER) return alone(NOT_SUPPORTED);
  const cycles = counter === id.PTP_VIRTUAL_COUNTER ? virtual : physical;
  return [utcNs >> 32n, utcNs & LOW_32, cycles >> 32n, cycles & LOW_32];
}
