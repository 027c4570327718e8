/** CPU compatibility at a migration, with a guest that reads its identification registers and asks KVM's calls. */
import { describe, expect, it } from 'vitest';
import { stateHash } from '../../src/cli/state-hash.js';
import { parseHost } from '../../src/host/frequency.js';
import { parseImplementation } from '../../src/hypervisor/identity/index.js';
import { migrate } from '../../src/migration/migrate.js';
import { restoreSnapshot, saveSnapshot } from '../../src/migration/snapshot.js';
import { Session, type SessionEvent } from '../../src/verify/session.js';
import { guestMachine, type MachineOptions, runToEnd } from '../support/machine.js';

const MS = 1_000_000_000n;
const N1 = 'freq=25MHz,cpu=neoverse-n1';
type Allow = (SessionEvent['action'] & { kind: 'migrate' })['allow'];

const toHost = (host: string, allow: Allow = []): SessionEvent => ({
  when: { kind: 'console', pattern: /^READY/ },
  action: { kind: 'migrate', to: parseHost(host), strategy: 'offset', downtime: MS, allow },
});

function run(bootargs: string, event: SessionEvent, options: MachineOptions = {}) {
  const machine = guestMachine('identity', { bootargs: `exit=semihosting ${bootargs}`, ...options });
  const { console, session } = runToEnd(machine, [event]);
  expect(console).not.toMatch(/^(not ok|Bail out)/m);
  expect(console).toMatch(/^1\.\.[1-9]/m);
  const last = (name: string): string | undefined =>
    [...console.matchAll(new RegExp(`^I ${name} (\\S+)$`, 'gm'))].at(-1)?.[1];
  return { machine, console, session, last };
}

/** A machine at READY. */
function ready(bootargs = 'read=all', options: MachineOptions = {}) {
  const machine = guestMachine('identity', { bootargs: `exit=semihosting ${bootargs}`, ...options });
  const session = new Session(
    machine,
    [{ when: { kind: 'console', pattern: /^READY/ }, action: { kind: 'stop' } }],
    () => {},
  );
  expect(session.run()).toBe('stopped');
  return machine;
}

describe.each(['interp', 'jit'] as const)('with %s', (engine) => {
  it('a destination that differs in what the guest has read is refused; the guest goes on as it was', () => {
    const { session, last } = run('read=all', toHost(N1), { engine });
    expect(session.migrations).toEqual([]);
    expect(session.refusals).toEqual([
      "migration refused: destination's MIDR_EL1 is 0x414fd0c1, the guest has read 0x411fd070; " +
        'CTR_EL0 is 0x9444c004, the guest has read 0x8444c004 (--allow MIDR_EL1 --allow CTR_EL0 to go on)',
    ]);
    expect(last('MIDR_EL1')).toBe('0x411fd070');
  });

  it('what the guest has not read is no reason, and later reads see the destination', () => {
    const { session, last } = run('read=none', toHost(N1), { engine });
    expect(session.migrations).toHaveLength(1);
    expect([last('MIDR_EL1'), last('CTR_EL0')]).toEqual(['0x414fd0c1', '0x9444c004']);
    // The features are the VM's.
    expect(last('ID_AA64ISAR0_EL1')).toBe('0x11120');
  });

  it('--allow lets it go', () => {
    const { session, last } = run('read=all change=expected', toHost(N1, ['MIDR_EL1', 'CTR_EL0']), { engine });
    expect(session.migrations).toHaveLength(1);
    expect(last('MIDR_EL1')).toBe('0x414fd0c1');
  });

  it('the use of DC ZVA is knowledge of DCZID_EL0', () => {
    const { session, last } = run('read=none', toHost('freq=25MHz,dczid=6'), { engine });
    expect(session.refusals).toEqual([
      "migration refused: destination's DCZID_EL0 is 0x6, the guest has read 0x4 (--allow DCZID_EL0 to go on)",
    ]);
    expect(last('DC_ZVA')).toBe('64');
  });

  it('DC ZVA zeroes what the host it runs on says', () => {
    const { session, last } = run('read=none', toHost('freq=25MHz,dczid=6', ['DCZID_EL0']), { engine });
    expect(session.migrations).toHaveLength(1);
    expect([last('DC_ZVA'), last('DCZID_EL0')]).toEqual(['256', '0x6']);
    const at = run('read=all change=expected', toHost('25MHz', ['DCZID_EL0']), { engine, host: 'freq=25MHz,dczid=9' });
    expect(at.console).toMatch(/^I DC_ZVA 2048$[\s\S]*^READY$[\s\S]*^I DC_ZVA 64$/m);
  });
});

describe('the implementations that a guest may meet', () => {
  const implementations = ['cortex-a57', 'neoverse-n1'].map((text) => parseImplementation(text));
  const event = toHost(`${N1},ctr=0x8444c004`);

  it('are no obstacle to a guest that has asked for them', () => {
    const { session, console } = run('read=all change=expected', event, { implementations });
    expect(console).toMatch(/^I implementation 1 MIDR_EL1 0x414fd0c1 REVIDR_EL1 0x0 AIDR_EL1 0x0$/m);
    expect(session.migrations).toHaveLength(1);
  });

  it('are one to a guest that has not', () => {
    const { session } = run('read=all ask=0', event, { implementations });
    expect(session.refusals[0]).toMatch(/^migration refused: destination's MIDR_EL1 is 0x414fd0c1, .* 0x411fd070 \(/);
  });

  it('cover MIDR_EL1, REVIDR_EL1 and AIDR_EL1 together, and nothing else', () => {
    const { session } = run('read=all', toHost(`${N1},revidr=1`), { implementations });
    expect(session.refusals[0]).toMatch(/MIDR_EL1.*REVIDR_EL1 is 0x1, the guest has read 0x0; CTR_EL0/);
  });
});

describe('what the guest has read', () => {
  it('is in snapshots, and asked for behind a restore', () => {
    const bytes = saveSnapshot(ready());
    const copy = restoreSnapshot(bytes, 'jit');
    expect(stateHash(copy)).toBe(stateHash(restoreSnapshot(bytes, 'interp')));
    expect(() => migrate(copy, parseHost(N1), 'offset', MS)).toThrow(/^migration refused: destination's MIDR_EL1/);
    expect(() => migrate(copy, parseHost('freq=1GHz'), 'offset', MS)).not.toThrow();
  });

  it('does not depend on the engine, or on where a run was cut', () => {
    const states = [ready(), ready('read=all', { engine: 'jit' })].map((m) => m.vm.save().identity);
    expect(states[1]).toEqual(states[0]);
    expect(states[0]!.read).toMatchObject({ MIDR_EL1: 0x411f_d070n, DCZID_EL0: 4n, ID_AA64ISAR0_EL1: 0x1_1120n });
    const cut = restoreSnapshot(saveSnapshot(ready()), 'interp');
    runToEnd(cut);
    const whole = guestMachine('identity', { bootargs: 'exit=semihosting read=all' });
    runToEnd(whole);
    expect(stateHash(cut)).toBe(stateHash(whole));
  });

  it('is kept with the value that it was given last', () => {
    const machine = ready();
    migrate(machine, parseHost(N1), 'offset', MS, 'paused', ['MIDR_EL1', 'CTR_EL0']);
    // Not read again since: the guest goes by what it knows.
    expect(() => migrate(machine, parseHost('freq=25MHz,midr=0x1'), 'offset', MS)).toThrow(/has read 0x411fd070/);
    expect(() => migrate(machine, parseHost('25MHz'), 'offset', MS)).not.toThrow();
  });
});

describe('hosts', () => {
  it('a VM begins on a host with its features, and no other', () => {
    expect(() => guestMachine('identity', { cpu: 'neoverse-n1', host: 'freq=25MHz,cpu=cortex-a57' })).toThrow(
      /^--cpu neoverse-n1: the host has less than that in ID_AA64PFR0_EL1, .*; take another --host cpu=$/,
    );
    const { last } = run('read=all', toHost(N1), { host: N1 });
    expect([last('MIDR_EL1'), last('ID_AA64ISAR0_EL1')]).toEqual(['0x414fd0c1', '0x11120']);
  });

  it('a migration that would take features away is refused, read or not', () => {
    const { session } = run('read=none zva=0 ask=0', toHost('freq=25MHz,cpu=cortex-a57'), { cpu: 'neoverse-n1' });
    expect(session.refusals[0]).toMatch(/ID_AA64ISAR0_EL1 is 0x11120, the VM has 0x100010211120/);
  });

  it.each([
    ['freq=25MHz,cpu=z80', 'cpu z80 is no profile; profiles are cortex-a57, neoverse-n1'],
    ['freq=25MHz,midr=xyz', 'MIDR_EL1 xyz is no 64-bit value; say 0x... or decimal'],
    ['freq=25MHz,midr=1,MIDR_EL1=2', 'MIDR_EL1 is given twice'],
    ['freq=25MHz,dczid=3', 'DCZID_EL0 3: the block of DC ZVA is 4 (64 bytes) to 9 (2048 bytes)'],
  ])('%s is refused', (text, message) => {
    expect(() => parseHost(text)).toThrow(`--host ${text}: ${message}`);
  });
});
