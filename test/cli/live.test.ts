/** Migration between real processes: killed at any time, refused, over a secret. The two consoles together are the one. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { guestPath } from '../support/machine.js';
import { chronovisor } from './cli.js';
import { hashOf, type Process, receiver, start } from './process.js';

const KILLS = Number(process.env.CV_KILLS ?? 4);
const GUEST = guestPath('clock');
const APPEND = 'exit=semihosting samples=600 work=20000';
const folder = mkdtempSync(join(tmpdir(), 'chronovisor-live-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const source = (address: string, ...args: string[]): Process =>
  start('run', GUEST, '--memory', '64M', '--append', APPEND, '--hash', '--migrate', `t=10ms to ${address}`, ...args);

let whole: { stdout: string; hash: string };

beforeAll(async () => {
  const { stdout, stderr } = await chronovisor(['run', GUEST, '--memory', '64M', '--append', APPEND, '--hash']);
  whole = { stdout, hash: hashOf(stderr) };
});

describe('between processes', () => {
  test('a guest goes, and its console goes on exactly behind', async () => {
    const there = await receiver();
    const here = source(there.address, '--pause', '0ns');
    expect([await here.ended, await there.process.ended]).toEqual([0, 0]);
    expect(here.stdout + there.process.stdout).toBe(whole.stdout);
    expect(here.stdout.length).toBeGreaterThan(0);
    expect(there.process.stdout.length).toBeGreaterThan(0);
    expect(hashOf(there.process.stderr)).toBe(whole.hash);
    expect(here.stderr).toMatch(/given up to the destination[\s\S]*the guest runs at tcp:/);
  });

  test('over a unix socket with a secret; who does not know it gets nothing and loses nothing', async () => {
    const path = join(folder, 'door');
    const [right, wrong] = ['right', 'wrong'].map((name) => {
      const file = join(folder, name);
      writeFileSync(file, `${name} secret of at least sixteen bytes\n`);
      return file;
    }) as [string, string];
    const there = start('receive', '--listen', `unix:${path}`, '--secret-file', right);
    await there.says(/waiting/);
    for (const secret of [['--secret-file', wrong], []]) {
      const stranger = source(`unix:${path}`, ...secret);
      expect(await stranger.ended).toBe(0);
      expect(stranger.stderr).toMatch(/(secret|closed the link|link was lost|no Chronovisor).*goes on here/);
      expect(stranger.stdout).toBe(whole.stdout);
      expect(hashOf(stranger.stderr)).toBe(whole.hash);
    }
    const friend = source(`unix:${path}`, '--secret-file', right, '--pause', '0ns');
    expect([await friend.ended, await there.ended]).toEqual([0, 0]);
    expect(friend.stdout + there.stdout).toBe(whole.stdout);
  });

  test('nobody there, a strategy that refuses, a guest that is too large: the guest goes on here', async () => {
    const nobody = source(`unix:${join(folder, 'nobody')}`);
    expect(await nobody.ended).toBe(0);
    expect(nobody.stderr).toMatch(/nobody listens there .*; the guest goes on here/);
    const there = await receiver('--host', '1GHz', '--memory', '32M');
    const large = source(there.address);
    expect(await large.ended).toBe(0);
    expect(large.stderr).toMatch(/refuses: a guest of 67108864 bytes of RAM; at most 33554432/);
    for (const { stdout, stderr } of [nobody, large])
      expect([stdout, hashOf(stderr)]).toEqual([whole.stdout, whole.hash]);
    there.process.kill('SIGINT');
    expect(await there.process.ended).toBe(130);
  });

  test.each(['here', 'there'] as const)(`kill -9 of the process that is %s: ${KILLS} times`, async (who) => {
    for (let n = 0; n < KILLS; n++) {
      const there = await receiver('--patience', '0', '--held', join(folder, `there-${n}`), '--once');
      const held = join(folder, `here-${n}`);
      const here = source(there.address, '--pause', '0ns', '--held', held);
      const victim = who === 'here' ? here : there.process;
      // At one of the lines that tell how far it is, or a little behind it. A destination that nobody has reached waits on.
      if (n % 4 === 0 && who === 'here') await there.process.says(/is coming/);
      else await here.says([/begins at/, /round 1/, /given up/, /given up/][n % 4]!);
      await new Promise((resolve) => setTimeout(resolve, (n * 7) % 12));
      victim.kill('SIGKILL');
      await Promise.all([here.ended, there.process.ended]);
      const ranThere = / the guest runs here/.test(there.process.stderr);
      const givenUp = / given up to/.test(here.stderr);
      const wentOn = hashOf(here.stderr) === whole.hash;
      const kept = [existsSync(held), existsSync(join(folder, `there-${n}`))];
      const story = JSON.stringify({
        n,
        ranThere,
        givenUp,
        wentOn,
        kept,
        here: here.stderr,
        there: there.process.stderr,
      });
      // Never both.
      if (ranThere) expect(givenUp, story).toBe(true);
      if (givenUp) expect(wentOn && !/the guest goes on here/.test(here.stderr), story).toBe(false);
      // What came out is the beginning of what should, with nothing twice.
      expect(whole.stdout.startsWith(here.stdout + there.process.stdout), story).toBe(true);
      // Never none, but for a guest that was killed with its process.
      if (who === 'there' && !givenUp) expect([here.stdout, wentOn], story).toEqual([whole.stdout, true]);
      if (who === 'there' && givenUp) expect(kept[0] || /the guest runs at/.test(here.stderr), story).toBe(true);
      if (who === 'here' && givenUp) expect(ranThere || kept[1], story).toBe(true);
    }
  });
});

test.each([
  ['receive --listen 0.0.0.0:4444', /not this machine alone.*--secret-file/],
  ['receive --listen nonsense', /say tcp:127\.0\.0\.1:4444/],
  ['receive --listen 127.0.0.1:99999', /say tcp/],
  [`run ${GUEST} --migrate`, null],
])('%s is refused', async (command, message) => {
  const args = command.split(' ');
  if (!message) args.push('t=1ms to tcp:192.0.2.1:4444');
  const { status, stderr } = await chronovisor(args);
  expect(status).toBe(2);
  expect(stderr).toMatch(message ?? /not this machine alone/);
});
