import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodePacket } from './protocol.js';
import { type DebugEnd, serveGdb } from './server.js';
import type { DebugTarget } from './target.js';

/** One vCPU that runs for ever. */
function endless(): DebugTarget & { released: number; runs: number } {
  return {
    vcpus: 1,
    registers: [{ name: 'pc', bytes: 8, feature: 'org.gnu.gdb.aarch64.core', type: 'uint64' }],
    current: 0,
    released: 0,
    runs: 0,
    programCounter: () => 0n,
    readRegister: () => 0n,
    writeRegister: () => true,
    readMemory: (_vcpu, _address, length) => new Uint8Array(length),
    writeMemory: () => true,
    setBreakpoint: () => {},
    setWatchpoint: () => {},
    run() {
      this.runs++;
      return null;
    },
    release() {
      this.released++;
    },
    describe: () => 'vCPU 0',
    monitor: () => null,
  };
}

async function client(target: DebugTarget): Promise<{ socket: Socket; end: Promise<DebugEnd> }> {
  let end!: Promise<DebugEnd>;
  const port = await new Promise<number>((resolve) => {
    end = serveGdb(target, 0, resolve);
  });
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return { socket, end };
}

/** Text from the stub until it matches. */
async function hear(socket: Socket, pattern: RegExp): Promise<string> {
  let text = '';
  while (!pattern.test(text)) text += ((await once(socket, 'data')) as [Buffer])[0].toString('latin1');
  return text;
}

test('packets are acknowledged until gdb asks for none; damaged ones are asked for again', async () => {
  const { socket, end } = await client(endless());
  socket.write('$?#00');
  expect(await hear(socket, /-/)).toBe('-');
  socket.write(encodePacket('?'));
  expect(await hear(socket, /#/)).toBe(`+${encodePacket('T02thread:1;')}`);
  socket.write(encodePacket('QStartNoAckMode'));
  expect(await hear(socket, /#/)).toBe(`+${encodePacket('OK')}`);
  socket.write(encodePacket('qC'));
  expect(await hear(socket, /#/)).toBe(encodePacket('QC1'));
  socket.write(encodePacket('D'));
  expect(await end).toBe('detached');
});

test('Ctrl-C stops a guest that runs; kill ends it', async () => {
  const target = endless();
  const { socket, end } = await client(target);
  socket.write(`${encodePacket('vCont;c')}\u0003`);
  expect(await hear(socket, /#/)).toContain(encodePacket('T02thread:1;'));
  socket.write(encodePacket('k'));
  expect(await end).toBe('killed');
  expect(target.released).toBe(1);
});

test('a gdb that dies while the guest runs has detached, and takes its breakpoints with it', async () => {
  const target = endless();
  const { socket, end } = await client(target);
  socket.write(encodePacket('Z0,4000,4') + encodePacket('c'));
  await hear(socket, /OK/);
  socket.destroy();
  expect(await end).toBe('detached');
  expect(target.released).toBe(1);
  const { runs } = target;
  await new Promise((resolve) => setImmediate(resolve));
  expect(target.runs).toBe(runs);
});

test('an error of the machine is not lost', async () => {
  const { socket, end } = await client({
    ...endless(),
    run() {
      throw new Error('our fault');
    },
  });
  const failed = expect(end).rejects.toThrow('our fault');
  socket.write(encodePacket('c'));
  await failed;
});

test('no bytes break it', async () => {
  const pieces = fc.constantFrom(
    '$',
    '#',
    '00',
    '}',
    '\u0003',
    '+',
    '-',
    'vCont;c',
    encodePacket('c'),
    encodePacket('g'),
  );
  const noise = fc.array(fc.oneof(pieces, fc.string({ unit: 'binary' })), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(noise, async (parts) => {
      const { socket, end } = await client(endless());
      socket.on('error', () => {});
      socket.resume();
      socket.end(Buffer.from(parts.join(''), 'latin1'));
      expect(['detached', 'killed']).toContain(await end);
    }),
    { numRuns: 200 },
  );
});
