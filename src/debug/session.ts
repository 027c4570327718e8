/** The remote stub: what each packet means and what it is answered with (GDB manual, appendix E). No I/O. */
import { description } from './description.js';
import { fromHex, fromLittleEndian, littleEndian, toHex } from './protocol.js';
import type { DebugTarget, Stop, WatchKind } from './target.js';

const MAX_TRANSFER = 0x4000;
const OK = 'OK';
const ERROR = 'E01';
/** An empty answer: not supported. */
const UNKNOWN = '';

const WATCHES: Readonly<Record<string, WatchKind>> = { '2': 'write', '3': 'read', '4': 'access' };
const WATCH_WORDS = { write: 'watch', read: 'rwatch', access: 'awatch' } as const;

export class DebugSession {
  readonly #target: DebugTarget;
  readonly #description: string;
  /** vCPU of register and memory packets, and of step packets. */
  #general = 0;
  #stop: Stop;
  /** The guest runs: only an interrupt or a stop is answered. */
  running = false;
  /** gdb is gone, the guest goes on. */
  detached = false;
  /** gdb asked for the guest's end. */
  killed = false;
  /** Acknowledgements are no longer sent. */
  noAck = false;

  constructor(target: DebugTarget) {
    this.#target = target;
    this.#description = description(target.registers);
    this.#stop = { kind: 'interrupt', vcpu: 0 };
  }

  /** The answer to a packet, or null where there is none until the guest stops. */
  handle(packet: string): string | null {
    switch (packet[0]) {
      case '?':
        return this.#stopReply();
      case 'g':
        return this.#readAll();
      case 'G':
        return this.#writeAll(packet.slice(1));
      case 'p':
        return this.#readOne(packet.slice(1));
      case 'P':
        return this.#writeOne(packet.slice(1));
      case 'm':
        return this.#readMemory(packet.slice(1));
      case 'M':
        return this.#writeMemory(packet.slice(1));
      case 'Z':
      case 'z':
        return this.#breakpoint(packet);
      case 'H':
        return this.#select(packet.slice(1));
      case 'T':
        return this.#thread(packet.slice(1)) === null ? ERROR : OK;
      case 'c':
        return this.#go();
      case 's':
        return this.#step(this.#general);
      case 'D':
        this.detached = true;
        return OK;
      case 'k':
        this.killed = true;
        return null;
      case 'v':
        return this.#verbose(packet);
      case 'q':
      case 'Q':
        return this.#query(packet);
      default:
        return UNKNOWN;
    }
  }

  /** Runs the guest for a while; the stop reply, or null where it goes on. */
  advance(): string | null {
    return this.#stopped(this.#target.run());
  }

  /** gdb's user pressed Ctrl-C. */
  interrupt(): string | null {
    return this.running ? this.#stopped({ kind: 'interrupt', vcpu: this.#general }) : null;
  }

  #stopped(stop: Stop | null): string | null {
    if (!stop) return null;
    this.running = false;
    this.#stop = stop;
    if (stop.kind !== 'exited') this.#general = stop.vcpu;
    return this.#stopReply();
  }

  #stopReply(): string {
    const stop = this.#stop;
    if (stop.kind === 'exited') return `W${(stop.code & 0xff).toString(16).padStart(2, '0')}`;
    const thread = `thread:${(stop.vcpu + 1).toString(16)};`;
    if (stop.kind === 'interrupt') return `T02${thread}`;
    if (stop.kind === 'watchpoint') return `T05${WATCH_WORDS[stop.watch]}:${stop.address.toString(16)};${thread}`;
    return stop.kind === 'breakpoint' ? `T05hwbreak:;${thread}` : `T05${thread}`;
  }

  #go(): null {
    this.running = true;
    return null;
  }

  #step(vcpu: number): string | null {
    return this.#stopped(this.#target.step(vcpu));
  }

  #readAll(): string {
    const { registers } = this.#target;
    const core = registers.filter((r) => !r.feature.startsWith('org.chronovisor'));
    return core.map((r, i) => this.#hexRegister(i, r.bytes)).join('');
  }

  #hexRegister(index: number, bytes: number): string {
    const value = this.#target.readRegister(this.#general, index);
    return value === null ? 'xx'.repeat(bytes) : littleEndian(value, bytes);
  }

  #writeAll(text: string): string {
    let at = 0;
    for (const [index, r] of this.#target.registers.entries()) {
      const part = text.slice(at, at + r.bytes * 2);
      if (part.length < r.bytes * 2) break;
      const value = fromLittleEndian(part);
      if (value === null || !this.#target.writeRegister(this.#general, index, value)) return ERROR;
      at += r.bytes * 2;
    }
    return OK;
  }

  #register(text: string): number | null {
    const index = /^[0-9a-f]{1,4}$/i.test(text) ? Number.parseInt(text, 16) : -1;
    return index >= 0 && index < this.#target.registers.length ? index : null;
  }

  #readOne(text: string): string {
    const index = this.#register(text);
    return index === null ? ERROR : this.#hexRegister(index, this.#target.registers[index]!.bytes);
  }

  #writeOne(text: string): string {
    const [number = '', value = ''] = text.split('=');
    const index = this.#register(number);
    const bits = fromLittleEndian(value);
    if (index === null || bits === null) return ERROR;
    return this.#target.writeRegister(this.#general, index, bits) ? OK : ERROR;
  }

  #readMemory(text: string): string {
    const range = parseRange(text);
    if (!range) return ERROR;
    const bytes = this.#target.readMemory(this.#general, range.address, range.length);
    return bytes ? toHex(bytes) : ERROR;
  }

  #writeMemory(text: string): string {
    const [where = '', data = ''] = text.split(':');
    const range = parseRange(where);
    const bytes = fromHex(data);
    if (!range || !bytes || bytes.length !== range.length) return ERROR;
    return this.#target.writeMemory(this.#general, range.address, bytes) ? OK : ERROR;
  }

  #breakpoint(packet: string): string {
    const match = /^[zZ]([0-4]),([0-9a-f]{1,16}),([0-9a-f]{1,4})(?:;|$)/i.exec(packet);
    if (!match) return ERROR;
    const [, type, at, size] = match as unknown as [string, string, string, string];
    const on = packet[0] === 'Z';
    const address = BigInt(`0x${at}`);
    if (type === '0' || type === '1') this.#target.setBreakpoint(address, on);
    else this.#target.setWatchpoint(WATCHES[type]!, address, Math.max(1, Number.parseInt(size, 16)), on);
    return OK;
  }

  /** vCPU of a thread id; null where there is none. 0 and -1 mean any. */
  #thread(text: string): number | null {
    if (text === '0' || text === '-1') return this.#general;
    const id = /^[0-9a-f]{1,4}$/i.test(text) ? Number.parseInt(text, 16) : 0;
    return id >= 1 && id <= this.#target.vcpus ? id - 1 : null;
  }

  #select(text: string): string {
    const vcpu = this.#thread(text.slice(1));
    if (vcpu === null) return ERROR;
    this.#general = vcpu;
    return OK;
  }

  #verbose(packet: string): string | null {
    if (packet === 'vCont?') return 'vCont;c;C;s;S';
    if (!packet.startsWith('vCont;')) return UNKNOWN;
    for (const action of packet.slice(6).split(';')) {
      const [what = '', thread = '0'] = action.split(':');
      const vcpu = this.#thread(thread);
      if (vcpu === null) return ERROR;
      if (what[0] === 's' || what[0] === 'S') return this.#step(vcpu);
    }
    return this.#go();
  }

  #query(packet: string): string {
    const { vcpus } = this.#target;
    if (packet.startsWith('qSupported')) {
      return `PacketSize=${MAX_TRANSFER.toString(16)};qXfer:features:read+;QStartNoAckMode+;vContSupported+;hwbreak+`;
    }
    if (packet === 'QStartNoAckMode') {
      this.noAck = true;
      return OK;
    }
    if (packet === 'qAttached') return '1';
    if (packet === 'qC') return `QC${(this.#general + 1).toString(16)}`;
    if (packet === 'qfThreadInfo') return `m${Array.from({ length: vcpus }, (_, i) => (i + 1).toString(16)).join(',')}`;
    if (packet === 'qsThreadInfo') return 'l';
    if (packet.startsWith('qThreadExtraInfo,')) {
      const vcpu = this.#thread(packet.slice(17));
      return vcpu === null ? ERROR : toHex(new TextEncoder().encode(this.#target.describe(vcpu)));
    }
    const transfer = /^qXfer:features:read:target\.xml:([0-9a-f]{1,8}),([0-9a-f]{1,8})$/i.exec(packet);
    if (transfer) return this.#transfer(Number.parseInt(transfer[1]!, 16), Number.parseInt(transfer[2]!, 16));
    return UNKNOWN;
  }

  #transfer(offset: number, length: number): string {
    const part = this.#description.slice(offset, offset + Math.min(length, MAX_TRANSFER / 2));
    return `${offset + part.length < this.#description.length ? 'm' : 'l'}${part}`;
  }
}

function parseRange(text: string): { address: bigint; length: number } | null {
  const match = /^([0-9a-f]{1,16}),([0-9a-f]{1,8})$/i.exec(text);
  if (!match) return null;
  const length = Number.parseInt(match[2]!, 16);
  return length <= MAX_TRANSFER / 2 ? { address: BigInt(`0x${match[1]}`), length } : null;
}
