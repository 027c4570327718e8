import type { Cpu } from '../../cpu.js';
export function fpSoft(_cpu: Cpu, _op: number): void {}
