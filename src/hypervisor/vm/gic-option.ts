/** `--gic`: a list of names and values, each name once. */
import type { VmConfig } from './config.js';

type GicConfig = Pick<VmConfig, 'listRegisters' | 'its'>;

/** What each name takes, and makes of it. */
const NAMES: Readonly<Record<string, { values: RegExp; shown: string; set(config: GicConfig, value: string): void }>> =
  {
    listRegisters: {
      values: /^\d{1,2}$/,
      shown: '1..16',
      set: (config, value) => {
        config.listRegisters = Number(value);
      },
    },
    its: {
      values: /^(on|off)$/,
      shown: 'on or off',
      set: (config, value) => {
        if (value === 'on') config.its = true;
      },
    },
  };

/**
 * Reads 'listRegisters=4,its=on'; what is left out is as in a guest that does not ask.
 * @throws RangeError naming the part, and what can be set
 */
export function parseGic(text: string, option = '--gic'): GicConfig {
  const config: GicConfig = { listRegisters: 4 };
  const seen = new Set<string>();
  for (const part of text.split(',')) {
    const [name = '', value = '', ...rest] = part.split('=');
    const shown = `${option} ${part.slice(0, 60)}`;
    const known = Object.hasOwn(NAMES, name) ? NAMES[name]! : null;
    if (!known) throw new RangeError(`${shown}: no such setting; there are ${Object.keys(NAMES).join(' and ')}`);
    if (rest.length || !known.values.test(value)) throw new RangeError(`${shown}: ${name} is ${known.shown}`);
    if (seen.has(name)) throw new RangeError(`${shown}: ${name} is there twice`);
    seen.add(name);
    known.set(config, value);
  }
  return config;
}
