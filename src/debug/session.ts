/** The remote stub: what each packet means and what it is answered with (GDB manual, appendix E). No I/O. */
import { describeRegisters, describeThreads } from './description.js';
import { fromHex, fromLittleEndian, littleEndian, toHex } from './protocol.js';
import { parseResumption, type Resumption } from './resumption.js';
import type { DebugTarget, Stop, WatchKind } from './target.js';

const MAX_TRANSFER = 0x4000;
const OK = 'OK';
const ERROR = 'E01';
/** An empty answer: not supported. */
const UNKNOWN = '';
/** Steps of a range step between two looks for packets. */
const RANGE_STEPS = 1000;

const WATCHES: Readonly<Record<string, WatchKind>> = { '2': 'write', '3': 'read', '4': 'access' };
const WATCH_WORDS = { write: 'watch', read: 'rwatch', access: 'awatch' } as const;
const STALLED = 'chronovisor: every vCPU that may run waits for something that nothing will raise\n';

export class DebugSession {
  readonly #target: DebugTarget;
  readonly #send: (packet: string) => void;
  readonly #description: string;
  /** vCPU of register and memory packets. */
  #general = 0;
  /** Threads of `c` and `s` packets: a vCPU, or all. */
  #resumed: number | 'all' = 'all';
  #stop: Stop;
  #resumption: Resumption | null = null;
  /** Addresses by the type of packet that set them: Z0 and Z1. */
  readonly #breakpoints = { '0': new Set<bigint>(), '1': new Set<bigint>() };
  /** gdb knows these stop reasons. */
  #knows = { swbreak: false, hwbreak: false };
  /** Set where gdb lets go of the guest, asks for its end, or sees it. */
  end: 'detached' | 'killed' | 'exited' | null = null;
  /** Acknowledgements are no longer sent. */
  noAck = false;

  constructor(target: DebugTarget, send: (packet: string) => void) {
    this.#target = target;
    this.#send = send;
    this.#description = describeRegisters(target.registers);
    this.#stop = { kind: 'interrupt', vcpu: target.current };
    this.#general = target.current;
  }

  /** Whether the guest runs: `advance` is to be called. */
  get running(): boolean {
    return this.#resumption !== null;
  }

  /** Answers a packet; one that resumes the guest is answered when it stops. */
  handle(packet: string): void {
    const answer = this.#answer(packet);
    if (answer !== null) this.#send(answer);
  }

  /** Runs the guest for a while. */
  advance(): void {
    for (let i = 0; i < RANGE_STEPS && this.#resumption; i++) {
      const stop = this.#target.run(this.#resumption.allowances);
      if (!stop) return;
      if (!this.#isInRange(stop)) this.#stopped(stop);
    }
  }

  /** gdb's user pressed Ctrl-C. */
  interrupt(): void {
    if (this.running) this.#stopped({ kind: 'interrupt', vcpu: this.#target.current });
  }

  #answer(packet: string): string | null {
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
        return this.#writeMemory(packet.slice(1), fromHex);
      case 'X':
        return this.#writeMemory(packet.slice(1), (data) => Uint8Array.from(data, (c) => c.charCodeAt(0)));
      case 'Z':
      case 'z':
        return this.#point(packet);
      case 'H':
        return this.#select(packet.slice(1));
      case 'T':
        return this.#thread(packet.slice(1)) === null ? ERROR : OK;
      case 'c':
      case 'C':
      case 's':
      case 'S':
        return this.#resumeSimply(packet);
      case 'D':
        this.end = 'detached';
        return OK;
      case 'k':
        this.end = 'killed';
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

  // ---- running and stopping

  #isInRange(stop: Stop): boolean {
    const range = this.#resumption?.range;
    if (!range || stop.kind !== 'step' || stop.vcpu !== range.vcpu) return false;
    const pc = this.#target.programCounter(stop.vcpu);
    return pc >= range.start && pc < range.end;
  }

  #stopped(stop: Stop): void {
    this.#resumption = null;
    this.#stop = stop;
    if (stop.kind === 'stalled') this.#send(`O${textToHex(STALLED)}`);
    if (stop.kind === 'exited') this.end = 'exited';
    else this.#general = stop.vcpu;
    this.#send(this.#stopReply());
  }

  #stopReply(): string {
    const stop = this.#stop;
    if (stop.kind === 'exited') return `W${(stop.code & 0xff).toString(16).padStart(2, '0')}`;
    const thread = `thread:${(stop.vcpu + 1).toString(16)};`;
    if (stop.kind === 'watchpoint') return `T05${WATCH_WORDS[stop.watch]}:${stop.address.toString(16)};${thread}`;
    if (stop.kind === 'breakpoint') return `T05${this.#breakReason(stop.vcpu)}${thread}`;
    return stop.kind === 'step' ? `T05${thread}` : `T02${thread}`;
  }

  #breakReason(vcpu: number): string {
    const reason = this.#breakpoints[1].has(this.#target.programCounter(vcpu)) ? 'hwbreak' : 'swbreak';
    return this.#knows[reason] ? `${reason}:;` : '';
  }

  #resume(actions: string): string | null {
    const resumption = parseResumption(actions, this.#target.vcpus, (id) => this.#thread(id));
    if (!resumption) return ERROR;
    this.#resumption = resumption;
    return null;
  }

  /** `c`, `s` with an address, `C`, `S` with a signal (that no guest gets) and an address. */
  #resumeSimply(packet: string): string | null {
    const match = /^(?:[cs]([0-9a-f]{1,16})?|[CS][0-9a-f]{2}(?:;([0-9a-f]{1,16}))?)$/.exec(packet);
    if (!match) return ERROR;
    const vcpu = this.#resumed === 'all' ? this.#general : this.#resumed;
    const address = match[1] ?? match[2];
    if (address !== undefined) {
      const pc = this.#target.registers.findIndex((r) => r.name === 'pc');
      if (!this.#target.writeRegister(vcpu, pc, BigInt(`0x${address}`))) return ERROR;
    }
    const action = packet[0]!.toLowerCase();
    if (action === 's') return this.#resume(`s:${(vcpu + 1).toString(16)};c`);
    return this.#resume(this.#resumed === 'all' ? 'c' : `c:${(vcpu + 1).toString(16)}`);
  }

  #point(packet: string): string {
    const match = /^[zZ]([0-4]),([0-9a-f]{1,16}),([0-9a-f]{1,4})(?:;|$)/i.exec(packet);
    if (!match) return ERROR;
    const [, type, at, size] = match as unknown as [string, string, string, string];
    const on = packet[0] === 'Z';
    const address = BigInt(`0x${at}`);
    if (type === '0' || type === '1') {
      if (on) this.#breakpoints[type].add(address);
      else this.#breakpoints[type].delete(address);
      this.#target.setBreakpoint(address, this.#breakpoints[0].has(address) || this.#breakpoints[1].has(address));
    } else this.#target.setWatchpoint(WATCHES[type]!, address, Math.max(1, Number.parseInt(size, 16)), on);
    return OK;
  }

  // ---- registers

  #readAll(): string {
    return this.#target.registers.map((r, i) => (r.system ? '' : this.#hexRegister(i, r.bytes))).join('');
  }

  #hexRegister(index: number, bytes: number): string {
    const value = this.#target.readRegister(this.#general, index);
    return value === null ? 'xx'.repeat(bytes) : littleEndian(value, bytes);
  }

  /** Nothing is written where the text is not that of all registers. */
  #writeAll(text: string): string {
    const all = this.#target.registers.flatMap((r, index) => (r.system ? [] : [{ index, bytes: r.bytes }]));
    let at = 0;
    const values = all.map(({ bytes }) => fromLittleEndian(text.slice(at, (at += bytes * 2))));
    if (at !== text.length || values.includes(null)) return ERROR;
    return all.every(({ index }, i) => this.#target.writeRegister(this.#general, index, values[i]!)) ? OK : ERROR;
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
    if (index === null || bits === null || value.length !== this.#target.registers[index]!.bytes * 2) return ERROR;
    return this.#target.writeRegister(this.#general, index, bits) ? OK : ERROR;
  }

  // ---- memory

  #readMemory(text: string): string {
    const range = parseRange(text);
    if (!range) return ERROR;
    const bytes = this.#target.readMemory(this.#general, range.address, range.length);
    return bytes ? toHex(bytes) : ERROR;
  }

  #writeMemory(text: string, decode: (data: string) => Uint8Array | null): string {
    const colon = text.indexOf(':');
    const range = parseRange(text.slice(0, Math.max(colon, 0)));
    const bytes = decode(text.slice(colon + 1));
    if (!range || !bytes || bytes.length !== range.length) return ERROR;
    return this.#target.writeMemory(this.#general, range.address, bytes) ? OK : ERROR;
  }

  // ---- threads and questions

  /** vCPU of a thread id; null where there is none. 0 and -1 mean any. */
  #thread(text: string): number | null {
    if (text === '0' || text === '-1') return this.#general;
    const id = /^[0-9a-f]{1,4}$/i.test(text) ? Number.parseInt(text, 16) : 0;
    return id >= 1 && id <= this.#target.vcpus ? id - 1 : null;
  }

  #select(text: string): string {
    const id = text.slice(1);
    const vcpu = this.#thread(id);
    if (vcpu === null || !/^[gc]/.test(text)) return ERROR;
    if (text[0] === 'g') this.#general = vcpu;
    else this.#resumed = id === '0' || id === '-1' ? 'all' : vcpu;
    return OK;
  }

  #verbose(packet: string): string | null {
    if (packet === 'vCont?') return 'vCont;c;C;s;S;r';
    if (packet.startsWith('vCont;')) return this.#resume(packet.slice(6));
    if (!packet.startsWith('vKill')) return UNKNOWN;
    this.end = 'killed';
    return OK;
  }

  #query(packet: string): string {
    if (packet.startsWith('qSupported')) return this.#supported(packet);
    if (packet.startsWith('qXfer:')) return this.#transfer(packet);
    if (packet.startsWith('qRcmd,')) return this.#command(packet.slice(6));
    if (packet.startsWith('qThreadExtraInfo,')) {
      const vcpu = this.#thread(packet.slice(17));
      return vcpu === null ? ERROR : textToHex(this.#target.describe(vcpu));
    }
    switch (packet) {
      case 'QStartNoAckMode':
        this.noAck = true;
        return OK;
      case 'qAttached':
        return '1';
      case 'qC':
        return `QC${(this.#general + 1).toString(16)}`;
      case 'qfThreadInfo':
        return `m${Array.from({ length: this.#target.vcpus }, (_, i) => (i + 1).toString(16)).join(',')}`;
      case 'qsThreadInfo':
        return 'l';
      default:
        return UNKNOWN;
    }
  }

  #supported(packet: string): string {
    const theirs = packet.slice(packet.indexOf(':') + 1).split(';');
    this.#knows = { swbreak: theirs.includes('swbreak+'), hwbreak: theirs.includes('hwbreak+') };
    const ours = 'qXfer:features:read+;qXfer:threads:read+;QStartNoAckMode+;vContSupported+;swbreak+;hwbreak+';
    return `PacketSize=${MAX_TRANSFER.toString(16)};${ours}`;
  }

  #transfer(packet: string): string {
    const match = /^qXfer:(features:read:target\.xml|threads:read:):([0-9a-f]{1,8}),([0-9a-f]{1,8})$/i.exec(packet);
    if (!match) return packet.startsWith('qXfer:features:read:') ? 'E00' : UNKNOWN;
    const text = match[1]!.startsWith('t') ? describeThreads(this.#target) : this.#description;
    const offset = Number.parseInt(match[2]!, 16);
    const part = text.slice(offset, offset + Math.min(Number.parseInt(match[3]!, 16), MAX_TRANSFER / 2));
    return `${offset + part.length < text.length ? 'm' : 'l'}${part}`;
  }

  #command(hex: string): string {
    const bytes = fromHex(hex);
    if (!bytes) return ERROR;
    const command = new TextDecoder().decode(bytes).trim();
    const answer = this.#target.monitor(command, this.#general);
    return textToHex(answer ?? `monitor ${command.slice(0, 60)}: no such command; there is monitor help\n`);
  }
}

const textToHex = (text: string): string => toHex(new TextEncoder().encode(text));

function parseRange(text: string): { address: bigint; length: number } | null {
  const match = /^([0-9a-f]{1,16}),([0-9a-f]{1,8})$/i.exec(text);
  if (!match) return null;
  const length = Number.parseInt(match[2]!, 16);
  return length <= MAX_TRANSFER / 2 ? { address: BigInt(`0x${match[1]}`), length } : null;
}
