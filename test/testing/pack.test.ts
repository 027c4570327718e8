/** The package as a user gets it: packed, installed elsewhere, without vitest and with it, types checked to the last file. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { guestPath, ROOT } from '../support/machine.js';

let folder: string;
const { version, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  version: string;
  devDependencies: Record<string, string>;
};

function run(command: string, args: string[], cwd = folder): { status: number | null; output: string } {
  // This process runs under vitest; what it starts must not think that it does.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')));
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', env });
  return { status, output: `${stdout}${stderr}` };
}

const install = (...packages: string[]) =>
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...packages]);

/** Without skipLibCheck: our declarations stand on their own. */
const checkTypes = (file: string, ...options: string[]) =>
  run(process.execPath, [
    join(ROOT, 'node_modules/typescript/bin/tsc'),
    ...['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext', ...options, file],
  ]);

/** The test file that docs/testing-your-guest.md shows. */
const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'docs/testing-your-guest.md'), 'utf8'))![1]!;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pack-'));
  const packed = run('npm', ['pack', '--silent', '--pack-destination', folder], ROOT);
  expect(packed.status, packed.output).toBe(0);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const installed = install(`./chronovisor-${version}.tgz`);
  expect(installed.status, installed.output).toBe(0);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }), 300_000);

test('boots a guest where there is no vitest', () => {
  expect(existsSync(join(folder, 'node_modules/vitest'))).toBe(false);
  const source = `
    import { boot, hosts } from 'chronovisor/test';
    import { parseHost } from 'chronovisor';
    const vm = await boot({ image: 'node_modules/chronovisor/guests/hello/hello.elf', host: hosts.ghz(1), append: 'exit=semihosting' });
    const end = await vm.runToEnd();
    if (end.kind !== 'exit' || end.code !== 0 || parseHost('1GHz').freqHz !== 1e9) throw new Error(vm.output);
    if (vm.verdict('counter-monotonic').status !== 'pass') throw new Error('no verdict');
  `;
  writeFileSync(join(folder, 'boot.mjs'), source);
  expect(run(process.execPath, ['boot.mjs'])).toEqual({ status: 0, output: '' });
  writeFileSync(join(folder, 'boot.ts'), source);
  expect(checkTypes('boot.ts', '--lib', 'es2023,dom')).toEqual({ status: 0, output: '' });
  const bin = run('npx', ['--no', 'chronovisor', 'run', guestPath('hello'), '--append', 'exit=semihosting']);
  expect([bin.status, bin.output]).toEqual([0, expect.stringMatching(/hello from EL1/)]);
});

test("the documentation's example passes with vitest, and so do its types", () => {
  const installed = install(`vitest@${devDependencies.vitest}`);
  expect(installed.status, installed.output).toBe(0);
  mkdirSync(join(folder, 'build'));
  copyFileSync(guestPath('clock'), join(folder, 'build/rtos.elf'));
  writeFileSync(join(folder, 'time.test.ts'), example);
  const passed = run('npx', ['--no', 'vitest', 'run', '--reporter=json', '--root', '.']);
  expect(passed.status, passed.output).toBe(0);
  expect(passed.output).toMatch(/"numPassedTests":3,/);
  // vitest's own declarations want Node's types and more; ours are checked whole above.
  const types = checkTypes('time.test.ts', '--skipLibCheck', '--lib', 'es2023,dom');
  expect(types.output).toBe('');
  writeFileSync(join(folder, 'wrong.ts'), example.replace('toKeepTime', 'toKeepTimes').replace('hosts.mhz(25)', '25'));
  const wrong = checkTypes('wrong.ts', '--skipLibCheck', '--lib', 'es2023,dom');
  expect(wrong.output).toMatch(/toKeepTimes/);
  expect(wrong.output).toMatch(/number.* not assignable/);
});

test('a failing expectation says what, how much, where and what to try', () => {
  writeFileSync(
    join(folder, 'fails.test.ts'),
    `import { boot, hosts } from 'chronovisor/test';
     import { expect, test } from 'vitest';
     test('x', async () => {
       const vm = await boot({ image: 'build/rtos.elf', append: 'exit=semihosting every=0 samples=400', host: hosts.mhz(25) });
       await vm.console(/READY/);
       await vm.migrate(hosts.ghz(1));
       await vm.runFor('1 ms');
       expect(vm).toKeepMonotonicTime({ rateErrorPpm: 1 });
     });`,
  );
  const { status, output } = run('npx', ['--no', 'vitest', 'run', 'fails', '--root', '.']);
  expect(status).toBe(1);
  expect(output).toMatch(/expected the guest to keep monotonic time, its rate within 1 ppm:/);
  expect(output).toMatch(/counter-rate fail: \d+\.\d+x its first rate/);
  expect(output).toMatch(/first at \d+ ns on vCPU 0, pc 0x\w+ \(\w+\+0x\w+\)/);
  expect(output).toMatch(/hint: /);
});
