import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodePacket, PacketReader } from './protocol.js';
import { DebugSession } from './session.js';
import type { Allowance, DebugTarget, Stop } from './target.js';

/** Two vCPUs with four registers and a system register, and 256 bytes of memory at 0x1000. */
class FakeTarget implements DebugTarget {
  readonly vcpus = 2;
  readonly registers = ['x0', 'x1', 'sp', 'pc', 'ESR_EL1'].map((name) => ({
    name,
    bytes: 8 as const,
    feature: name === 'ESR_EL1' ? 'test.system' : 'org.gnu.gdb.aarch64.core',
    type: 'uint64',
    system: name === 'ESR_EL1',
  }));
  readonly values = [
    [1n, 2n, 3n, 0x4000n, 9n],
    [5n, 6n, 7n, 0x4000n, 10n],
  ];
  readonly memory = new Uint8Array(256);
  readonly breakpoints = new Map<bigint, boolean>();
  readonly ran: string[] = [];
  current = 0;
  next: Stop | null = { kind: 'breakpoint', vcpu: 1 };
  programCounter = (vcpu: number): bigint => this.values[vcpu]![3]!;
  readRegister = (vcpu: number, n: number): bigint | null => this.values[vcpu]![n]!;
  writeRegister(vcpu: number, n: number, value: bigint): boolean {
    this.values[vcpu]![n] = value;
    return n !== 4;
  }
  readMemory(_vcpu: number, address: bigint, length: number): Uint8Array | null {
    const at = Number(address) - 0x1000;
    return at >= 0 && at < 256 ? this.memory.slice(at, at + length) : null;
  }
  writeMemory(_vcpu: number, address: bigint, data: Uint8Array): boolean {
    const at = Number(address) - 0x1000;
    if (at < 0 || at + data.length > 256) return false;
    this.memory.set(data, at);
    return true;
  }
  setBreakpoint(address: bigint, on: boolean): void {
    this.breakpoints.set(address, on);
  }
  setWatchpoint(): void {}
  release(): void {}
  run(allowances: readonly Allowance[]): Stop | null {
    this.ran.push(allowances.join(' '));
    const stepped = allowances.indexOf('step');
    if (stepped < 0) return this.next;
    this.values[stepped]![3]! += 4n;
    return { kind: 'step', vcpu: stepped };
  }
  describe = (vcpu: number): string => `vCPU ${vcpu}`;
  monitor = (command: string, vcpu: number): string | null => (command === 'who' ? `vCPU ${vcpu}` : null);
}

/** A session and what it has sent. */
function start(): { target: FakeTarget; session: DebugSession; sent: string[]; say(packet: string): string[] } {
  const target = new FakeTarget();
  const sent: string[] = [];
  const session = new DebugSession(target, (packet) => sent.push(packet));
  return {
    target,
    session,
    sent,
    say(packet) {
      session.handle(packet);
      return sent.splice(0);
    },
  };
}

const hex = (text: string): string => Buffer.from(text).toString('hex');

describe('packets', () => {
  test('come back as they were sent, however they are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom(...'abc$#}*\u007d\u0000\u00ff') })),
        fc.nat(5),
        (texts, cut) => {
          const reader = new PacketReader();
          const stream = texts.map(encodePacket).join('+');
          const got: string[] = [];
          for (let at = 0; at < stream.length; at += cut + 1) {
            for (const incoming of reader.push(stream.slice(at, at + cut + 1))) {
              expect(incoming.kind).toBe('packet');
              if (incoming.kind === 'packet') got.push(incoming.data);
            }
          }
          expect(got).toEqual(texts);
        },
      ),
    );
  });

  test('a wrong checksum is seen, and what follows is not lost', () => {
    expect(new PacketReader().push('$g#00$?#3f\u0003')).toEqual([
      { kind: 'bad' },
      { kind: 'packet', data: '?' },
      { kind: 'interrupt' },
    ]);
  });
});

describe('session', () => {
  test.each([
    ['?', 'T02thread:1;'],
    ['g', '0100000000000000020000000000000003000000000000000040000000000000'],
    ['G05', 'E01'],
    ['p1', '0200000000000000'],
    ['p4', '0900000000000000'],
    ['p9', 'E01'],
    ['Hg2', 'OK'],
    ['Hg3', 'E01'],
    ['Hx1', 'E01'],
    ['T2', 'OK'],
    ['m1000,2', '0000'],
    ['m0,2', 'E01'],
    ['M1000,2:abcd', 'OK'],
    ['M1000,3:abcd', 'E01'],
    ['M10ff,2:abcd', 'E01'],
    ['X1000,0:', 'OK'],
    ['X1000,3:a:\u00ff', 'OK'],
    ['X1000,2:a', 'E01'],
    ['P0=ff00000000000000', 'OK'],
    ['P0=ff', 'E01'],
    ['P4=ff00000000000000', 'E01'],
    ['qfThreadInfo', 'm1,2'],
    ['qThreadExtraInfo,2', hex('vCPU 1')],
    ['vMustReplyEmpty', ''],
    ['vCont?', 'vCont;c;C;s;S;r'],
    ['vCont;x', 'E01'],
    ['vCont;s:3', 'E01'],
    ['vCont;r4000:1', 'E01'],
    ['Z0,4000,4', 'OK'],
    ['Z9,4000,4', 'E01'],
    ['m1000,ffffffff', 'E01'],
    ['qXfer:features:read:other.xml:0,40', 'E00'],
    [`qRcmd,${hex('who')}`, hex('vCPU 0')],
    ['qRcmd,7', 'E01'],
    ['cxyz', 'E01'],
  ])('%s -> %s', (packet, answer) => {
    expect(start().say(packet)).toEqual([answer]);
  });

  test('X takes bytes as they are', () => {
    const { target, say } = start();
    say('X1000,3:a:\u00ff');
    expect([...target.memory.slice(0, 3)]).toEqual([0x61, 0x3a, 0xff]);
  });

  test.each([
    ['vCont;c', 'run run'],
    ['vCont;c:-1', 'run run'],
    ['vCont;s:2', 'hold step'],
    ['vCont;s:2;c', 'run step'],
    ['vCont;C05:1;s', 'run step'],
    ['vCont;c:1', 'run hold'],
    ['vCont;r4000,4004:2', 'hold step'],
    ['c', 'run run'],
    ['C05', 'run run'],
    ['s', 'step run'],
    ['S05;5000', 'step run'],
  ])('%s lets vCPUs: %s', (packet, allowances) => {
    const { target, session, say } = start();
    expect(say(packet)).toEqual([]);
    session.advance();
    expect(target.ran).toEqual([allowances]);
  });

  test('Hc chooses what c and s resume', () => {
    const { target, session, say } = start();
    say('Hc2');
    say('c');
    session.advance();
    say('s');
    session.advance();
    say('Hc-1');
    say('c');
    session.advance();
    expect(target.ran).toEqual(['hold run', 'run step', 'run run']);
  });

  test('a range step goes on while the pc is in the range', () => {
    const { target, session, sent, say } = start();
    say('vCont;r4000,4010:1;c');
    session.advance();
    expect(target.ran.length).toBe(4);
    expect(target.values[0]![3]).toBe(0x4010n);
    expect(sent).toEqual(['T05thread:1;']);
  });

  test('continue is answered by the stop', () => {
    const { target, session, sent, say } = start();
    const run = (next: Stop | null, packet = 'c'): string[] => {
      target.next = next;
      session.handle(packet);
      session.advance();
      return sent.splice(0);
    };
    expect(run({ kind: 'breakpoint', vcpu: 1 })).toEqual(['T05thread:2;']);
    expect(session.running).toBe(false);
    say('qSupported:multiprocess+;swbreak+;hwbreak+');
    expect(run({ kind: 'breakpoint', vcpu: 1 })).toEqual(['T05swbreak:;thread:2;']);
    say('Z1,4000,4');
    expect(run({ kind: 'breakpoint', vcpu: 1 })).toEqual(['T05hwbreak:;thread:2;']);
    expect(run({ kind: 'watchpoint', vcpu: 0, watch: 'read', address: 0x1234n }, 'vCont;c')).toEqual([
      'T05rwatch:1234;thread:1;',
    ]);
    expect(run(null)).toEqual([]);
    target.current = 1;
    session.interrupt();
    session.interrupt();
    expect(sent.splice(0)).toEqual(['T02thread:2;']);
    const [text, stop] = run({ kind: 'stalled', vcpu: 0 });
    expect(text).toMatch(/^O/);
    expect(stop).toBe('T02thread:1;');
    expect(session.end).toBeNull();
    expect(run({ kind: 'exited', code: 3 })).toEqual(['W03']);
    expect(session.end).toBe('exited');
  });

  test('an address stays a breakpoint until both its kinds are gone', () => {
    const { target, say } = start();
    for (const packet of ['Z0,4000,4', 'Z1,4000,4', 'z0,4000,4']) say(packet);
    expect(target.breakpoints.get(0x4000n)).toBe(true);
    say('z1,4000,4');
    expect(target.breakpoints.get(0x4000n)).toBe(false);
  });

  test('detaching and killing end it', () => {
    const detached = start();
    expect(detached.say('D')).toEqual(['OK']);
    expect(detached.session.end).toBe('detached');
    const killed = start();
    expect(killed.say('k')).toEqual([]);
    expect(killed.session.end).toBe('killed');
    expect(start().say('vKill;1')).toEqual(['OK']);
  });

  test.each([
    ['features:read:target.xml', /<reg name="pc" bitsize="64".*<reg name="ESR_EL1".*save-restore="no".*<\/target>$/s],
    ['threads:read:', /<thread id="1" core="0">vCPU 0<\/thread>.*<thread id="2".*<\/threads>$/s],
  ])('%s comes in pieces', (object, whole) => {
    const { say } = start();
    let text = '';
    for (let answer = 'm'; answer[0] === 'm'; ) {
      answer = say(`qXfer:${object}:${text.length.toString(16)},40`)[0]!;
      text += answer.slice(1);
    }
    expect(text).toMatch(whole);
  });

  test('no packet makes it throw, and each that does not resume is answered once', () => {
    const letters = fc.string({
      unit: fc.constantFrom(...'?gGpPmMzZHTcCsSDkvqQXr:;,=0123456789abcdefx-'),
      maxLength: 40,
    });
    const starts = fc.constantFrom(
      '',
      'vCont;',
      'qXfer:features:read:',
      'Z2,',
      'P',
      'M',
      'qThreadExtraInfo,',
      'G',
      'qRcmd,',
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(starts, letters)), (packets) => {
        const { session, say, sent } = start();
        for (const [begin, rest] of packets) {
          const packet = begin + rest;
          const answers = say(packet);
          expect(answers.length).toBe(session.running || packet[0] === 'k' ? 0 : 1);
          if (session.running) session.advance();
          session.interrupt();
          sent.splice(0);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
