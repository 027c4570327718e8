/** Migration between real processes over links that are slow or stand still, in real pace, called off, and of a vmclock. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { guestPath } from '../support/machine.js';
import { chronovisor } from './cli.js';
import { hashOf, type Process, receiver, start } from './process.js';

const clock = (append: string): string[] => [
  'run',
  guestPath('clock'),
  ...['--memory', '64M', '--append', `exit=semihosting ${append}`, '--hash'],
];
const CLOCK = clock('samples=600 work=20000');

const relays: (Server | Socket)[] = [];
afterAll(() => {
  for (const it of relays) 'destroy' in it ? it.destroy() : it.close();
});

/** A link to the address by way of here, which passes on what `pass` does of it: each way, piece by piece. */
async function relay(address: string, pass: (piece: Buffer, to: Socket) => Promise<void>): Promise<string> {
  const carry = async (from: Socket, to: Socket): Promise<void> => {
    for await (const piece of from) await pass(piece as Buffer, to);
    to.end();
  };
  const server = createServer((near) => {
    const far = connect(Number(address.split(':').at(-1)), '127.0.0.1');
    relays.push(near, far);
    // A side that goes takes the link with it.
    carry(near, far).catch(() => far.destroy());
    carry(far, near).catch(() => near.destroy());
  }).listen(0, '127.0.0.1');
  relays.push(server);
  await once(server, 'listening');
  return `tcp:127.0.0.1:${(server.address() as { port: number }).port}`;
}

const source = (address: string, args: readonly string[] = CLOCK): Process =>
  start(...args, '--migrate', `t=10ms to ${address}`, '--pause', '0ns');

let whole: { stdout: string; hash: string };
beforeAll(async () => {
  const { stdout, stderr } = await chronovisor(CLOCK);
  whole = { stdout, hash: hashOf(stderr) };
}, 600_000);

describe('a guest between processes', () => {
  test('over a slow link: as if it had not moved', async () => {
    const there = await receiver();
    const slow = await relay(there.address, async (piece, to) => {
      for (let at = 0; at < piece.length; at += 4096) {
        to.write(piece.subarray(at, at + 4096));
        await sleep(1);
      }
    });
    const here = source(slow);
    expect([await here.ended, await there.process.ended]).toEqual([0, 0]);
    expect(here.stdout + there.process.stdout).toBe(whole.stdout);
    expect(there.process.stdout.length).toBeGreaterThan(0);
    expect(hashOf(there.process.stderr)).toBe(whole.hash);
  });

  test.each([0, 100_000])('is called off by SIGINT while the link stands still behind %i bytes', async (bytes) => {
    const there = await receiver();
    let left = bytes;
    let stuck = (): void => {};
    const standing = new Promise<void>((resolve) => (stuck = resolve));
    const link = await relay(there.address, async (piece, to) => {
      if (left < piece.length) {
        stuck();
        await new Promise(() => {});
      }
      left -= piece.length;
      to.write(piece);
    });
    const here = source(link);
    await standing;
    here.kill('SIGINT');
    expect(await here.ended).toBe(0);
    expect(here.stderr).toMatch(/cancelled at the source; the guest goes on here/);
    expect([here.stdout, hashOf(here.stderr)]).toEqual([whole.stdout, whole.hash]);
    there.process.kill('SIGINT');
    expect(await there.process.ended).toBe(130);
    expect(there.process.stdout).toBe('');
  });

  test('in real pace: no line lost, none twice', async () => {
    const there = await receiver('--pace', 'real');
    const here = source(there.address, [...clock('samples=3000 work=200000'), '--pace', 'real']);
    expect([await here.ended, await there.process.ended]).toEqual([0, 0]);
    expect(there.process.stdout.length).toBeGreaterThan(0);
    const lines = (here.stdout + there.process.stdout).split('\n');
    expect(lines.filter((line) => /^S /.test(line))).toHaveLength(3000);
    expect(new Set(lines).size).toBe(lines.length);
    expect(lines.filter((line) => /^(ok|not ok|1\.\.|READY)/.test(line))).toEqual(
      whole.stdout.split('\n').filter((line) => /^(ok|not ok|1\.\.|READY)/.test(line)),
    );
  });

  test('with a vmclock: the guest is told of the move', async () => {
    const args = [
      'run',
      guestPath('vmclock'),
      '--memory',
      '64M',
      '--vmclock',
      '--append',
      'exit=semihosting work=100000',
    ];
    const there = await receiver('--host', '1GHz');
    const here = source(there.address, args);
    expect([await here.ended, await there.process.ended]).toEqual([0, 0]);
    const text = here.stdout + there.process.stdout;
    expect(there.process.stdout).toMatch(/^N 1 interrupts, 1 changes\r?$/m);
    expect(text).not.toMatch(/^not ok/m);
    expect(text.match(/^V /gm)).toHaveLength(200);
  });
});
