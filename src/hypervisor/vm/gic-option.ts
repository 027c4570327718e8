/** `--gic`: a list of names and values, each name once. */
import {
  ACTIVE_READS,
  EOI_MAINTENANCES,
  INFLIGHT_MOVES,
  resolvePolicies,
  type TrapPolicy,
  type VgicChoices,
} from '../vgic/index.js';
import type { VmConfig } from './config.js';

type GicConfig = Pick<VmConfig, 'listRegisters' | 'its' | 'gic'>;

interface Setting {
  readonly values: RegExp;
  readonly shown: string;
  set(config: GicConfig, value: string): void;
}

const oneOf = (values: readonly string[], set: Setting['set']): Setting => ({
  values: new RegExp(`^(${values.join('|')})$`),
  shown: `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`,
  set,
});

const onOff = (set: (config: GicConfig, on: boolean) => void): Setting =>
  oneOf(['on', 'off'], (config, value) => set(config, value === 'on'));

function choose(config: GicConfig, choice: VgicChoices): void {
  config.gic = { ...config.gic, ...choice };
}

const trap = (which: keyof TrapPolicy): Setting =>
  onOff((config, on) => choose(config, { trap: { ...config.gic?.trap, [which]: on } }));

/** What each name takes, and makes of it. */
const NAMES: Readonly<Record<string, Setting>> = {
  listRegisters: {
    values: /^\d{1,2}$/,
    shown: '1..16',
    set: (config, value) => {
      config.listRegisters = Number(value);
    },
  },
  its: onOff((config, on) => {
    if (on) config.its = true;
  }),
  lazySync: onOff((config, lazySync) => choose(config, { lazySync })),
  eoiMaintenance: oneOf(EOI_MAINTENANCES, (config, value) =>
    choose(config, { eoiMaintenance: EOI_MAINTENANCES.find((it) => it === value)! }),
  ),
  'trap.common': trap('common'),
  'trap.group0': trap('group0'),
  'trap.group1': trap('group1'),
  'trap.dir': trap('dir'),
  directLpi: onOff((config, directLpi) => choose(config, { directLpi })),
  activeRead: oneOf(ACTIVE_READS, (config, value) =>
    choose(config, { activeRead: ACTIVE_READS.find((it) => it === value)! }),
  ),
  inflightMove: oneOf(INFLIGHT_MOVES, (config, value) =>
    choose(config, { inflightMove: INFLIGHT_MOVES.find((it) => it === value)! }),
  ),
};

/**
 * Reads 'listRegisters=4,its=on,activeRead=local'; what is left out is as in a guest that does not ask.
 * @throws RangeError naming the part and what can be set, or why a combination cannot be had
 */
export function parseGic(text: string, option = '--gic'): GicConfig {
  const config: GicConfig = { listRegisters: 4 };
  const seen = new Set<string>();
  for (const part of text.split(',')) {
    const [name = '', value = '', ...rest] = part.split('=');
    const shown = `${option} ${part.slice(0, 60)}`;
    const known = Object.hasOwn(NAMES, name) ? NAMES[name]! : null;
    if (!known) throw new RangeError(`${shown}: no such setting; there are ${Object.keys(NAMES).join(', ')}`);
    if (rest.length || !known.values.test(value)) throw new RangeError(`${shown}: ${name} is ${known.shown}`);
    if (seen.has(name)) throw new RangeError(`${shown}: ${name} is there twice`);
    seen.add(name);
    known.set(config, value);
  }
  checkGic(config, option);
  return config;
}

/** @throws RangeError for policies that cannot be had together */
export function checkGic({ listRegisters, gic }: GicConfig, option = '--gic'): void {
  try {
    resolvePolicies(listRegisters, gic ?? {});
  } catch (error) {
    throw new RangeError(`${option} ${(error as Error).message}`);
  }
}
