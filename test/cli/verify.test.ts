/** `chronovisor verify` as a user runs it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { afterAll, describe, expect, it } from 'vitest';
import { guestPath } from '../support/machine.js';
import { chronovisor } from './cli.js';

const folder = mkdtempSync(join(tmpdir(), 'chronovisor-verify-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function scenario(text: string): string {
  const path = join(folder, `s${files++}.yaml`);
  writeFileSync(path, text);
  return path;
}

const verify = (...args: string[]) => chronovisor(['verify', ...args], { limit: 300, env: { NO_COLOR: '1' } });

const CLOCK = `name: clock <&">
image: ${guestPath('clock')}
append: "samples=100 work=2000 report=only exit=semihosting lpt=on every=0"
memory: 32M
host: 25MHz
ips: 10000000
pause: 18ms
events:
  - { at: "console=/READY/", migrate: 1GHz }
`;

/** The JSON without what the wall clock makes of it. */
function jsonOf(path: string) {
  const json = JSON.parse(readFileSync(path, 'utf8'));
  for (const run of json.runs) delete run.wallMs;
  return json;
}

describe('verify', () => {
  it('runs each combination and fault, and gives the same whatever --jobs is', async () => {
    const file = scenario(`${CLOCK}  - { at: "console=/./", save-restore: true }
matrix: { strategy: [offset, lpt], smp: [1, 2] }
expect: { state-hash: same-as-uninterrupted }
where:
  - { strategy: offset, expect: { fails: [{ counter-rate: { value: 40, within: 0.01 } }] } }
faults:
  - name: cntvoff-replayed
    expect: { fails: [counter-rate, counter-step] }
    where: [{ strategy: lpt, expect: { fails: [pv-rate] } }]
`);
    const results = [];
    for (const jobs of ['1', '3']) {
      const json = join(folder, `${jobs}.json`);
      const { status, stdout, stderr } = await verify(file, '--jobs', jobs, '--json', json);
      expect(stdout).toMatch(/^8 runs: 8 as expected$/m);
      expect(stderr).toMatch(/^\[8\/8\] clock/m);
      expect(status).toBe(0);
      results.push(jsonOf(json));
    }
    expect(results[0]).toEqual(results[1]);
    const [{ runs }] = results as [{ runs: { title: string; stateHash: string; migrations: object[] }[] }];
    expect(runs.map((r) => r.title)).toContain('clock <&"> [strategy=lpt, smp=2] fault cntvoff-replayed');
    expect(new Set(runs.map((r) => r.stateHash)).size).toBe(8);
    for (const run of runs) expect(run.stateHash).toMatch(/^[0-9a-f]{64}$/);
    for (const run of runs) expect(run.migrations).toHaveLength(1);
  });

  it('says exactly what differs, in the table, JUnit and JSON', async () => {
    const file = scenario(`${CLOCK}  - { at: t=900s, stop: true }
expect: { code: 1, console: ["/^nobody/", "not /^READY/"], fails: [timer-early] }
`);
    const [json, junit] = [join(folder, 'd.json'), join(folder, 'd.xml')];
    const { status, stdout } = await verify(file, '--json', json, '--junit', junit);
    expect(status).toBe(1);
    const expected = [
      'status: want exit, code 1; got exit, code 0',
      'event: want stop at t=900s (line 10); got the run ended before',
      'console: want a line like /^nobody/; got none',
      'console: want no line like /^READY/; got READY',
      'timer-early: want FAIL; got not-applicable: no timer interrupt',
    ];
    for (const line of expected) expect(stdout).toContain(`    ${file}:1: ${line}\n`);
    expect(stdout).toMatch(/counter-rate: want pass; got FAIL: 40\.0\d*x .*; first seen at \d+ ns on vCPU 0, pc 0x/);
    expect(stdout).toMatch(/^1 run: 1 differs$/m);
    expect(jsonOf(json).runs[0].differences).toHaveLength(6);
    const text = readFileSync(junit, 'utf8');
    expect(XMLValidator.validate(text)).toBe(true);
    const { testsuites } = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' }).parse(text);
    expect(testsuites).toMatchObject({ name: 'chronovisor', tests: '1', failures: '1', errors: '0' });
    expect(testsuites.testsuite).toMatchObject({ name: file, tests: '1', failures: '1', errors: '0', skipped: '0' });
    const { testcase } = testsuites.testsuite;
    expect(testcase).toMatchObject({ classname: file, name: 'clock <&">' });
    expect(testcase.failure.message).toBe('status: want exit, code 1; got exit, code 0');
    for (const line of expected) expect(testcase.failure['#text']).toContain(line);
  });

  it('writes a report of pages that need nothing else, with a link to each run that was made', async () => {
    const file = scenario(CLOCK.replace('expect', 'x'));
    const skipped = scenario('name: linux <b>\nimage: debian-cloud\n');
    const report = join(folder, 'report/new');
    const { stderr } = await verify(file, skipped, '--report', report, '--cache', join(folder, 'none'));
    expect(stderr).toContain(`report: ${join(report, 'index.html')}`);
    const page = (name: string): string => readFileSync(join(report, name), 'utf8');
    const links = [...page('index.html').matchAll(/href="([^"]+)"/g)].map((m) => m[1]!);
    expect(links).toHaveLength(1);
    expect(page('index.html')).toContain('linux &lt;b&gt;');
    const run = page(links[0]!);
    expect(run).toContain('counter-rate: want pass; got FAIL');
    for (const title of ['Guest time against true time', 'What each vCPU did', 'Migrations', 'Console']) {
      expect(run).toContain(title);
    }
    for (const html of [page('index.html'), run]) expect(html).not.toMatch(/https?:|<script|<link|src=|NaN|undefined/);
  });

  it('traces each run, over a restore, too, and draws its interrupts', async () => {
    const ticks = `name: ticks
image: ${guestPath('ticks')}
append: "rounds=2 exit=semihosting"
memory: 32M
host: 25MHz
events:
  - { at: t=1ms, save-restore: true }
expect: { status: any, state-hash: same-as-uninterrupted }
`;
    const [traces, report, json] = ['traces', 'ticks', 'ticks.json'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const args = [scenario(ticks), '--report', report, '--json', json];
    const { stdout, stderr } = await verify(...args, '--trace', traces, '--trace-limit', '64K');
    expect(stdout).toMatch(/^1 run: 1 as expected$/m);
    expect(readdirSync(traces)).toEqual(['001-ticks.pftrace']);
    const size = statSync(join(traces, '001-ticks.pftrace')).size;
    expect(size).toBeGreaterThan(32 * 1024);
    expect(size).toBeLessThanOrEqual(64 * 1024);
    expect(stderr).toMatch(/001-ticks\.pftrace: \S+ MiB reached at .* \(--trace-limit\)$/m);
    const page = readFileSync(join(report, '001-ticks.html'), 'utf8');
    expect(page).toMatch(/<h3>Interrupts<\/h3>[\s\S]*virtual timer/);
    expect(page).not.toMatch(/https?:|<link|src=|NaN|undefined/);
    const traced = jsonOf(json);
    await verify(...args);
    expect(jsonOf(json)).toEqual(traced);
  });

  it('ends a run at its limit, and one whose image cannot be loaded', async () => {
    const slow = scenario(`${CLOCK.replace('samples=100', 'samples=2000000')}limit: 300ms\n`);
    const text = join(folder, 'image.elf');
    writeFileSync(text, '\x7fELFnonsense');
    const bad = scenario(`name: bad\nimage: image.elf\n`);
    const { status, stdout } = await verify(slow, bad);
    expect(status).toBe(1);
    expect(stdout).toContain('limit: want an end within it; got still running');
    expect(stdout).toMatch(/s\d+\.yaml:1: image\.elf: /);
    expect(stdout).toMatch(/^2 runs: 1 differs, 1 failed$/m);
  });

  it('skips what needs an image that is not there, says so, and is no pass without a run', async () => {
    const debian = scenario('name: linux\nimage: debian-cloud\n');
    const cache = join(folder, 'cache');
    const alone = await verify(debian, '--cache', cache);
    expect(alone.stdout).toMatch(/linux .*skipped: debian-cloud is not in the cache .*--fetch gets it/);
    expect(alone.status).toBe(2);
    const hello = scenario(`name: hello\nimage: ${guestPath('hello')}\nappend: exit=semihosting\n`);
    const both = await verify(debian, hello, '--cache', cache);
    expect(both.stdout).toMatch(/^2 runs: 1 as expected, 1 skipped$/m);
    expect(both.status).toBe(0);
  });
});

describe('bad input to verify', () => {
  mkdirSync(join(folder, 'empty'));
  const bad = scenario('name: x\nimage: nowhere.elf\nsmp: 99\n');
  const missing = scenario('name: x\nimage: nowhere.elf\n');
  it.each<[string[], RegExp]>([
    [[bad], /^\S+:3: smp 99: a whole number from 1 to 8$/m],
    [[missing], /^\S+:1: image \S+nowhere\.elf: no such file; names are relative to the scenario's file$/m],
    [[join(folder, 'empty')], /empty: no scenario in it; scenario files end in \.yaml$/m],
    [[join(folder, 'nothing.yaml')], /nothing\.yaml: no such file$/m],
    [[missing, '--jobs', '0'], /--jobs 0: a whole number from 1 to 64$/m],
    [[missing, '--json', '/nowhere/x.json'], /nowhere: no such folder$/m],
    [[missing, '--trace-limit', '1'], /--trace-limit 1: a size from 64K on, such as 512M or 2G$/m],
  ])('%j is one line and status 2', async (args, message) => {
    const { status, stdout, stderr } = await verify(...args);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});
