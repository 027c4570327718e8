import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodePacket, PacketReader } from './protocol.js';
import { DebugSession } from './session.js';
import type { DebugTarget, Stop } from './target.js';

/** Two vCPUs with four registers and 256 bytes of memory at 0x1000. */
class FakeTarget implements DebugTarget {
  readonly vcpus = 2;
  readonly registers = ['x0', 'x1', 'sp', 'pc'].map((name) => ({
    name,
    bytes: 8 as const,
    feature: 'org.gnu.gdb.aarch64.core',
    type: 'uint64',
  }));
  readonly values = [
    [1n, 2n, 3n, 4n],
    [5n, 6n, 7n, 8n],
  ];
  readonly memory = new Uint8Array(256);
  readonly breakpoints: bigint[] = [];
  next: Stop | null = { kind: 'breakpoint', vcpu: 1 };
  readRegister = (vcpu: number, n: number): bigint | null => this.values[vcpu]![n]!;
  writeRegister(vcpu: number, n: number, value: bigint): boolean {
    this.values[vcpu]![n] = value;
    return n !== 3;
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
  setBreakpoint(address: bigint): void {
    this.breakpoints.push(address);
  }
  setWatchpoint(): void {}
  step = (vcpu: number): Stop => ({ kind: 'step', vcpu });
  run = (): Stop | null => this.next;
  describe = (vcpu: number): string => `vCPU ${vcpu}`;
}

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
    ['g', `${'0100000000000000'}${'0200000000000000'}${'0300000000000000'}${'0400000000000000'}`],
    ['p1', '0200000000000000'],
    ['p9', 'E01'],
    ['Hg2', 'OK'],
    ['Hg3', 'E01'],
    ['T2', 'OK'],
    ['m1000,2', '0000'],
    ['m0,2', 'E01'],
    ['M1000,2:abcd', 'OK'],
    ['M1000,3:abcd', 'E01'],
    ['M10ff,2:abcd', 'E01'],
    ['P0=ff00000000000000', 'OK'],
    ['P3=ff00000000000000', 'E01'],
    ['qfThreadInfo', 'm1,2'],
    ['vMustReplyEmpty', ''],
    ['vCont?', 'vCont;c;C;s;S'],
    ['vCont;s:2', 'T05thread:2;'],
    ['Z0,4000,4', 'OK'],
    ['Z9,4000,4', 'E01'],
    ['X1000,1:a', ''],
    ['m1000,ffffffff', 'E01'],
  ])('%s -> %s', (packet, answer) => {
    expect(new DebugSession(new FakeTarget()).handle(packet)).toBe(answer);
  });

  test('continue is answered by the stop', () => {
    const target = new FakeTarget();
    const session = new DebugSession(target);
    expect(session.handle('c')).toBeNull();
    expect(session.running).toBe(true);
    expect(session.advance()).toBe('T05hwbreak:;thread:2;');
    expect(session.running).toBe(false);
    target.next = { kind: 'watchpoint', vcpu: 0, watch: 'read', address: 0x1234n };
    session.handle('vCont;c');
    expect(session.advance()).toBe('T05rwatch:1234;thread:1;');
    target.next = null;
    session.handle('c');
    expect(session.advance()).toBeNull();
    expect(session.interrupt()).toBe('T02thread:1;');
    target.next = { kind: 'exited', code: 3 };
    session.handle('c');
    expect(session.advance()).toBe('W03');
  });

  test('the target description comes in pieces', () => {
    const session = new DebugSession(new FakeTarget());
    let text = '';
    for (let answer = 'm'; answer[0] === 'm'; ) {
      answer = session.handle(`qXfer:features:read:target.xml:${text.length.toString(16)},40`)!;
      text += answer.slice(1);
    }
    expect(text).toMatch(/<reg name="pc" bitsize="64"/);
    expect(text).toMatch(/<\/target>$/);
  });

  test('no packet makes it throw', () => {
    const letters = fc.string({
      unit: fc.constantFrom(...'?gGpPmMzZHTcsDkvqQXC:;,=0123456789abcdefx-'),
      maxLength: 40,
    });
    const starts = fc.constantFrom('', 'vCont;', 'qXfer:features:read:', 'Z2,', 'P', 'M', 'qThreadExtraInfo,', 'G');
    fc.assert(
      fc.property(fc.array(fc.tuple(starts, letters)), (packets) => {
        const session = new DebugSession(new FakeTarget());
        for (const [start, rest] of packets) {
          const answer = session.handle(start + rest);
          if (answer === null && session.running) session.interrupt();
        }
      }),
      { numRuns: 2000 },
    );
  });
});
