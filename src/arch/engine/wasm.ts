/** WebAssembly byte writer: a growing buffer of code and a builder for whole modules (WebAssembly Core, section 5). */

export const Type = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type ValType = keyof typeof Type;

/** Bytes with LEB128 helpers. */
export class Bytes {
  data = new Uint8Array(1024);
  length = 0;

  byte(b: number): void {
    if (this.length === this.data.length) this.#grow(1);
    this.data[this.length++] = b;
  }

  u32(n: number): void {
    let v = n >>> 0;
    while (v > 0x7f) {
      this.byte((v & 0x7f) | 0x80);
      v >>>= 7;
    }
    this.byte(v);
  }

  s32(n: number): void {
    let v = n | 0;
    for (;;) {
      const b = v & 0x7f;
      v >>= 7;
      if ((v === 0 && !(b & 0x40)) || (v === -1 && b & 0x40)) return this.byte(b);
      this.byte(b | 0x80);
    }
  }

  s64(n: bigint): void {
    let v = BigInt.asIntN(64, n);
    if (v >= -0x80000000n && v <= 0x7fffffffn) return this.s32(Number(v));
    for (;;) {
      const b = Number(v & 0x7fn);
      v >>= 7n;
      if ((v === 0n && !(b & 0x40)) || (v === -1n && b & 0x40)) return this.byte(b);
      this.byte(b | 0x80);
    }
  }

  bytes(src: Uint8Array): void {
    if (this.length + src.length > this.data.length) this.#grow(src.length);
    this.data.set(src, this.length);
    this.length += src.length;
  }

  name(s: string): void {
    const b = new TextEncoder().encode(s);
    this.u32(b.length);
    this.bytes(b);
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.data.slice(0, this.length);
  }

  #grow(extra: number): void {
    const next = new Uint8Array(Math.max(this.data.length * 2, this.length + extra));
    next.set(this.data.subarray(0, this.length));
    this.data = next;
  }
}

/** A function body in the making: parameters first, then locals by type. */
export interface FunctionBody {
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
  /** Types of locals after the parameters, in index order. */
  readonly locals: readonly ValType[];
  /** Instructions without the final `end`. */
  readonly code: Uint8Array;
}

interface Import {
  name: string;
  type: number;
}

/** Collects imports and functions of one module. Memory is import `env.memory`; a table, where used, `env.table`. */
export class ModuleBuilder {
  readonly #types: string[] = [];
  readonly #typeBytes: Uint8Array[] = [];
  readonly #imports: Import[] = [];
  readonly #functions: { body: FunctionBody; type: number; name: string }[] = [];
  #table = false;

  /** Index of a function type, for call_indirect and imports. */
  type(params: readonly ValType[], results: readonly ValType[]): number {
    const key = `${params}>${results}`;
    const found = this.#types.indexOf(key);
    if (found >= 0) return found;
    const b = new Bytes();
    b.byte(0x60);
    for (const list of [params, results]) {
      b.u32(list.length);
      for (const t of list) b.byte(Type[t]);
    }
    this.#typeBytes.push(b.take());
    return this.#types.push(key) - 1;
  }

  /** Declares an imported function `env.<name>`; all imports come before the first function. Returns its index. */
  import(name: string, params: readonly ValType[], results: readonly ValType[]): number {
    if (this.#functions.length) throw new Error('imports come first');
    return this.#imports.push({ name, type: this.type(params, results) }) - 1;
  }

  importTable(): void {
    this.#table = true;
  }

  /** Adds an exported function and returns its index. */
  function(name: string, body: FunctionBody): number {
    this.#functions.push({ name, body, type: this.type(body.params, body.results) });
    return this.#imports.length + this.#functions.length - 1;
  }

  /** Index that the next `function` call will return. */
  nextFunction(): number {
    return this.#imports.length + this.#functions.length;
  }

  finish(): Uint8Array<ArrayBuffer> {
    const out = new Bytes();
    out.bytes(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    section(out, 1, (b) => {
      b.u32(this.#typeBytes.length);
      for (const t of this.#typeBytes) b.bytes(t);
    });
    section(out, 2, (b) => {
      b.u32(this.#imports.length + 1 + (this.#table ? 1 : 0));
      b.name('env');
      b.name('memory');
      b.byte(2);
      b.byte(0);
      b.u32(1);
      if (this.#table) {
        b.name('env');
        b.name('table');
        b.byte(1);
        b.byte(0x70);
        b.byte(0);
        b.u32(1);
      }
      for (const i of this.#imports) {
        b.name('env');
        b.name(i.name);
        b.byte(0);
        b.u32(i.type);
      }
    });
    section(out, 3, (b) => {
      b.u32(this.#functions.length);
      for (const f of this.#functions) b.u32(f.type);
    });
    section(out, 7, (b) => {
      b.u32(this.#functions.length);
      this.#functions.forEach((f, i) => {
        b.name(f.name);
        b.byte(0);
        b.u32(this.#imports.length + i);
      });
    });
    section(out, 10, (b) => {
      b.u32(this.#functions.length);
      for (const { body } of this.#functions) {
        const f = new Bytes();
        const runs = localRuns(body.locals);
        f.u32(runs.length);
        for (const [count, type] of runs) {
          f.u32(count);
          f.byte(Type[type]);
        }
        f.bytes(body.code);
        f.byte(0x0b);
        b.u32(f.length);
        b.bytes(f.take());
      }
    });
    return out.take();
  }
}

function section(out: Bytes, id: number, fill: (b: Bytes) => void): void {
  const b = new Bytes();
  fill(b);
  out.byte(id);
  out.u32(b.length);
  out.bytes(b.take());
}

function localRuns(locals: readonly ValType[]): [number, ValType][] {
  const runs: [number, ValType][] = [];
  for (const t of locals) {
    const last = runs.at(-1);
    if (last?.[1] === t) last[0]++;
    else runs.push([1, t]);
  }
  return runs;
}
