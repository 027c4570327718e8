/** `run --migrate` that cannot be had: one line, the guest goes on where it is, status 2. */
import { expect, test } from 'vitest';
import { guestPath } from '../support/machine.js';
import { chronovisor } from './cli.js';

const run = (to: string, ...args: string[]) =>
  chronovisor(
    [
      'run',
      guestPath('identity'),
      '--memory',
      '32M',
      '--host',
      '25MHz',
      '--append',
      'read=all change=expected exit=semihosting',
    ].concat(['--migrate', `console=/READY/ to ${to}`], args),
  );

test.each([
  [
    'by the strategy',
    ['1GHz', '--strategy', 'refuse'],
    /^chronovisor: migration refused: the destination's counter runs at 1000000000 Hz, the source's at 25000000 Hz \(.*\)$/m,
  ],
  [
    'for the CPU',
    ['freq=25MHz,midr=0x413fd0c1'],
    /^chronovisor: migration refused: destination's MIDR_EL1 is 0x413fd0c1, the guest has read 0x\w+ .*\(--allow MIDR_EL1 to go on\)$/m,
  ],
])('refused %s', async (_why, [to, ...args], message) => {
  const { status, stdout, stderr } = await run(to!, ...args);
  expect(stderr).toMatch(message);
  expect(stdout).toMatch(/^1\.\.\d+/m);
  expect(stdout).not.toMatch(/^not ok/m);
  expect(status).toBe(2);
});

test('allowed, it is made', async () => {
  const { status, stderr } = await run('freq=25MHz,midr=0x413fd0c1', '--allow', 'MIDR_EL1');
  expect(stderr).toMatch(/^migrated at /m);
  expect(stderr).not.toContain('refused');
  expect(status).toBe(0);
});
