/** Ethernet, IPv4 and UDP as bytes: what is needed to answer a guest. */

/** Bytes of the longest frame: 1500 behind the header, and a VLAN tag. */
export const MAX_FRAME = 1518;

export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806 } as const;
export const PROTOCOL = { icmp: 1, udp: 17 } as const;

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

/** The six bytes of '52:54:00:12:34:56'; null where it is no unicast address so written. */
export function parseMac(text: string): Uint8Array | null {
  if (!MAC.test(text)) return null;
  const bytes = Uint8Array.from(text.split(':'), (part) => Number.parseInt(part, 16));
  return bytes[0]! & 1 ? null : bytes;
}

export const word = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
export const wordBytes = (value: number): number[] => [(value >> 8) & 0xff, value & 0xff];

export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);

/** The Internet checksum (RFC 1071) of parts laid end to end; all but the last have an even length. */
export function checksum(...parts: Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) for (const [i, byte] of part.entries()) sum += i % 2 ? byte : byte << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export const ethernet = (to: Uint8Array, from: Uint8Array, type: number, payload: Uint8Array): Uint8Array =>
  Uint8Array.of(...to, ...from, ...wordBytes(type), ...payload);

/** An IPv4 packet without options (RFC 791). */
export function ipv4(from: Uint8Array, to: Uint8Array, protocol: number, payload: Uint8Array): Uint8Array {
  const length = wordBytes(20 + payload.length);
  const header = Uint8Array.of(0x45, 0, ...length, 0, 0, 0x40, 0, 64, protocol, 0, 0, ...from, ...to);
  header.set(wordBytes(checksum(header)), 10);
  return Uint8Array.of(...header, ...payload);
}

/** A UDP datagram (RFC 768). */
export function udp(
  from: { address: Uint8Array; port: number },
  to: { address: Uint8Array; port: number },
  payload: Uint8Array,
): Uint8Array {
  const length = wordBytes(8 + payload.length);
  const datagram = Uint8Array.of(...wordBytes(from.port), ...wordBytes(to.port), ...length, 0, 0, ...payload);
  const pseudo = Uint8Array.of(...from.address, ...to.address, 0, PROTOCOL.udp, ...length);
  // Zero means that there is none.
  datagram.set(wordBytes(checksum(pseudo, datagram) || 0xffff), 6);
  return datagram;
}
