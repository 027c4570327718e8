/** A reader of Perfetto traces for tests, written from the format's page alone: packets, tracks, events, flows. */

type Fields = Map<number, (bigint | Uint8Array)[]>;

/** One message's fields; varint and fixed64 as bigint, the rest as bytes. */
export function fieldsOf(bytes: Uint8Array): Fields {
  const fields: Fields = new Map();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 63n) throw new Error('a varint that does not end');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const [field, type] = [tag >> 3, tag & 7];
    let value: bigint | Uint8Array;
    if (type === 0) value = varint();
    else if (type === 1) {
      value = view.getBigUint64(at, true);
      at += 8;
    } else if (type === 2) {
      const length = Number(varint());
      if (at + length > bytes.length) throw new Error('a field beyond its message');
      value = bytes.subarray(at, at + length);
      at += length;
    } else throw new Error(`wire type ${type}`);
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}

export interface ReadEvent {
  readonly track: string;
  readonly type: 'begin' | 'end' | 'instant' | 'counter';
  readonly time: bigint;
  readonly name: string;
  readonly flows: readonly bigint[];
  readonly ends: boolean;
  readonly args: Readonly<Record<string, string | bigint>>;
  readonly value: bigint | null;
}

const text = (value: bigint | Uint8Array | undefined): string => new TextDecoder().decode(value as Uint8Array);
const message = (value: bigint | Uint8Array): Fields => fieldsOf(value as Uint8Array);
const TYPES = ['', 'begin', 'end', 'instant', 'counter'] as const;

/** Reads a whole trace. Throws where it is not one, or names something that was not introduced. */
export function readTrace(bytes: Uint8Array): { tracks: string[]; events: ReadEvent[] } {
  const tracks = new Map<bigint, string>();
  const names = new Map<bigint, string>();
  const keys = new Map<bigint, string>();
  const events: ReadEvent[] = [];
  const intern = (table: Map<bigint, string>, entries: (bigint | Uint8Array)[] = []): void => {
    for (const entry of entries.map(message)) table.set(entry.get(1)![0] as bigint, text(entry.get(2)![0]));
  };
  const known = (table: Map<bigint, string>, id: bigint): string => {
    const name = table.get(id);
    if (name === undefined) throw new Error(`${id} was not introduced`);
    return name;
  };
  for (const packet of (fieldsOf(bytes).get(1) ?? []).map(message)) {
    if (packet.get(10)?.[0] !== 1n) throw new Error('a packet of no sequence');
    const [descriptor, interned, event] = [60, 12, 11].map((f) => packet.get(f)?.[0]);
    if (descriptor) {
      const d = message(descriptor);
      const parent = d.get(5)?.[0] as bigint | undefined;
      if (parent !== undefined) known(tracks, parent);
      const [process, thread] = [3, 4].map((f) => d.get(f)?.[0]);
      const name = process ? message(process).get(6) : thread ? message(thread).get(5) : d.get(2);
      tracks.set(d.get(1)![0] as bigint, text(name![0]));
    }
    if (interned) {
      intern(names, message(interned).get(2));
      intern(keys, message(interned).get(3));
    }
    if (!event) continue;
    const e = message(event);
    const flows = (e.get(47) ?? []) as bigint[];
    const last = (e.get(48) ?? []) as bigint[];
    const args = (e.get(4) ?? []).map(message).map((a) => {
      const value = a.get(6)?.[0] ?? a.get(3)?.[0] ?? a.get(4)?.[0] ?? a.get(2)?.[0];
      return [known(keys, a.get(1)![0] as bigint), typeof value === 'bigint' ? value : text(value)];
    });
    const iid = e.get(10)?.[0] as bigint | undefined;
    events.push({
      track: known(tracks, e.get(11)![0] as bigint),
      type: TYPES[Number(e.get(9)![0])] as ReadEvent['type'],
      time: packet.get(8)![0] as bigint,
      name: iid === undefined ? '' : known(names, iid),
      flows: [...flows, ...last],
      ends: last.length > 0,
      args: Object.fromEntries(args),
      value: (e.get(30)?.[0] as bigint | undefined) ?? null,
    });
  }
  return { tracks: [...tracks.values()], events };
}
