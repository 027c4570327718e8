/** The prebuilt guests are what their sources build. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { ROOT } from '../support/machine.js';

const compiler = spawnSync('aarch64-linux-gnu-gcc', ['--version']).status === 0;

test.skipIf(!compiler && !process.env.CI)(
  'prebuilt guests are byte for byte what gcc-aarch64-linux-gnu makes of them',
  () => {
    const { status, stderr, stdout } = spawnSync(process.execPath, ['test/guests/build.mjs', '--check'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(`${stdout}${stderr}`).not.toMatch(/differ/);
    expect(status).toBe(0);
  },
);
