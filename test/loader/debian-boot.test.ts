// Boots what debianCloud fetches on QEMU, from our plan of RAM and our device tree alone.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GUEST_MARKERS } from '../../src/loader/debian/index.js';
import { planLoad } from '../../src/loader/index.js';
import { debian } from '../linux/debian.js';

const STUB = 0x5ff0_0000n;

/** ldr x0, [pc, #24]; ldr x4, [pc, #28]; mov x1..x3, xzr; br x4; then the two addresses: the boot protocol's entry. */
function bootStub(dtb: bigint, entry: bigint): Uint8Array {
  const stub = Buffer.alloc(40);
  [0x580000c0, 0x580000e4, 0xaa1f03e1, 0xaa1f03e2, 0xaa1f03e3, 0xd61f0080].forEach((word, i) => {
    stub.writeUInt32LE(word, i * 4);
  });
  stub.writeBigUInt64LE(dtb, 24);
  stub.writeBigUInt64LE(entry, 32);
  return stub;
}

const fetched = await debian();
const emulator = spawnSync('qemu-system-aarch64', ['--version']).status === 0;

describe.skipIf((!fetched.image || !emulator) && !process.env.CI)("Debian's cloud kernel", () => {
  it('boots on QEMU from our layout and our device tree, and powers off', () => {
    const { kernel, initrd } = fetched.image!;
    const plan = planLoad(readFileSync(kernel), {
      name: kernel,
      ramBase: 0x4000_0000n,
      ramSize: 512n << 20n,
      initrd: readFileSync(initrd),
      bootargs: 'console=ttyAMA0',
      board: { cpus: 2, pvTimeBase: 0x090a_0000n },
    });
    const dir = mkdtempSync(join(tmpdir(), 'debian-boot-'));
    try {
      const parts = [...plan.segments, { address: STUB, data: bootStub(plan.dtbAddress, plan.entry) }];
      const loaders = parts.flatMap(({ address, data }, i) => {
        writeFileSync(join(dir, `${i}`), data);
        return ['-device', `loader,file=${join(dir, `${i}`)},addr=0x${address.toString(16)},force-raw=on`];
      });
      const machine = ['-M', 'virt,gic-version=3', '-cpu', 'cortex-a57', '-smp', '2', '-m', '512', '-nographic'];
      const start = ['-nic', 'none', '-device', `loader,cpu-num=0,addr=0x${STUB.toString(16)}`];
      const { stdout } = spawnSync('qemu-system-aarch64', [...machine, ...loaders, ...start], { stdio: 'pipe' });
      const console = stdout.toString();
      for (const marker of Object.values(GUEST_MARKERS)) expect(console).toMatch(new RegExp(`^${marker}\r?$`, 'm'));
      expect(console).toMatch(/crypto self-tests: \d+ passed, 0 not/);
      expect(console).toContain('raid6: using algorithm');
      expect(console).toContain('reboot: Power down');
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
