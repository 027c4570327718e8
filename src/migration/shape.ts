/** Checks of values from outside: what kind each is, and between which bounds. Errors name the place and the limit. */
import { BadSnapshot } from './errors.js';

/** @throws BadSnapshot where the value is not of the shape; `path` says where it is */
export type Shape = (value: unknown, path: string) => void;

function refuse(value: unknown, path: string, wanted: string): never {
  const shown = typeof value === 'bigint' || typeof value === 'number' ? String(value).slice(0, 40) : kindOf(value);
  throw new BadSnapshot(`${path} is ${shown}, not ${wanted}`);
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

/** A whole number that fits a JavaScript number. */
export const int =
  (min: number, max: number): Shape =>
  (value, path) => {
    if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return;
    refuse(value, path, `a whole number from ${min} to ${max}`);
  };

/** A finite number. */
export const real =
  (min: number, max: number): Shape =>
  (value, path) => {
    if (typeof value === 'number' && value >= min && value <= max) return;
    refuse(value, path, `a number from ${min} to ${max}`);
  };

export const big =
  (min: bigint, max: bigint): Shape =>
  (value, path) => {
    if (typeof value !== 'bigint' || value < min || value > max) refuse(value, path, `a bigint from ${min} to ${max}`);
  };

export const flag: Shape = (value, path) => {
  if (typeof value !== 'boolean') refuse(value, path, 'true or false');
};

export const oneOf =
  (...values: readonly string[]): Shape =>
  (value, path) => {
    if (!values.includes(value as string)) refuse(value, path, values.map((v) => `'${v}'`).join(' or '));
  };

/** Printable ASCII without spaces. */
export const word =
  (max: number): Shape =>
  (value, path) => {
    if (typeof value === 'string' && value.length <= max && /^[\x21-\x7e]+$/.test(value)) return;
    refuse(value, path, `a word of at most ${max} characters`);
  };

export const nullable =
  (shape: Shape): Shape =>
  (value, path) => {
    if (value !== null) shape(value, path);
  };

/** A field of `record` that may be missing: what an older build's snapshot may lack. */
export const optional =
  (shape: Shape): Shape =>
  (value, path) => {
    if (value !== undefined) shape(value, path);
  };

/** The first shape that a value's own `kind` selects. */
export const byKind =
  (shapes: Readonly<Record<string, Shape>>): Shape =>
  (value, path) => {
    const kind = value !== null && typeof value === 'object' ? (value as { kind?: unknown }).kind : undefined;
    if (typeof kind !== 'string' || !Object.hasOwn(shapes, kind)) {
      refuse(value, path, `of kind ${Object.keys(shapes).join(' or ')}`);
    }
    shapes[kind]!(value, path);
  };

export const list =
  (shape: Shape, min: number, max: number): Shape =>
  (value, path) => {
    if (!Array.isArray(value)) refuse(value, path, 'a list');
    if (value.length < min || value.length > max) {
      const wanted = min === max ? String(min) : `${min} to ${max}`;
      throw new BadSnapshot(`${path} has ${value.length} elements, not ${wanted}`);
    }
    for (const [i, element] of value.entries()) shape(element, `${path}[${i}]`);
  };

/** An object with exactly these fields. */
export const record = (fields: Readonly<Record<string, Shape>>): Shape => {
  const shapes = Object.entries(fields);
  return (value, path) => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) refuse(value, path, 'an object');
    for (const [name, shape] of shapes) {
      shape(Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined, `${path}.${name}`);
    }
    const unknown = Object.keys(value).find((name) => !Object.hasOwn(fields, name));
    if (unknown !== undefined) throw new BadSnapshot(`${path} has a field ${JSON.stringify(unknown.slice(0, 40))}`);
  };
};
