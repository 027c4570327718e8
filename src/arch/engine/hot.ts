/** Instruction words whose handlers are inlined in the interpreter: one of each, by how often a boot and CoreMark run it. */
export const HOT: readonly number[] = [];
