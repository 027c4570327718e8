/** What gdb reads as XML: the registers by feature (GDB manual, appendix G) and the threads (appendix E.9). */
import type { DebugTarget, RegisterInfo } from './target.js';

const VECTOR_TYPES = `<vector id="v2d" type="ieee_double" count="2"/><vector id="v2u" type="uint64" count="2"/>
<vector id="v4f" type="ieee_single" count="4"/><vector id="v4u" type="uint32" count="4"/>
<vector id="v8u" type="uint16" count="8"/><vector id="v16u" type="uint8" count="16"/>
<union id="vector"><field name="d" type="v2d"/><field name="u" type="v2u"/><field name="s" type="v4f"/>
<field name="w" type="v4u"/><field name="h" type="v8u"/><field name="b" type="v16u"/><field name="q" type="uint128"/></union>`;

/** System registers are in gdb's group `system`; a call that gdb makes must not write them back. */
const line = ({ name, bytes, type, system }: RegisterInfo, n: number): string =>
  `<reg name="${name}" bitsize="${bytes * 8}" type="${type}" regnum="${n}"${system ? ' group="system" save-restore="no"' : ''}/>`;

export function describeRegisters(registers: readonly RegisterInfo[]): string {
  const features = [...new Set(registers.map((r) => r.feature))].map((feature) => {
    const lines = registers.flatMap((r, n) => (r.feature === feature ? [line(r, n)] : []));
    const types = feature.endsWith('.fpu') ? VECTOR_TYPES : '';
    return `<feature name="${feature}">${types}\n${lines.join('\n')}\n</feature>`;
  });
  return `<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd">
<target version="1.0"><architecture>aarch64</architecture>
${features.join('\n')}
</target>`;
}

export function describeThreads(target: DebugTarget): string {
  const threads = Array.from({ length: target.vcpus }, (_, vcpu) => {
    const id = (vcpu + 1).toString(16);
    return `<thread id="${id}" core="${vcpu}">${target.describe(vcpu)}</thread>`;
  });
  return `<?xml version="1.0"?>\n<threads>\n${threads.join('\n')}\n</threads>`;
}
