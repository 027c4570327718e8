/**
 * The other end of `--net user`: one host at 10.0.2.2 which answers ARP, DHCP (the guest gets 10.0.2.15), ICMP echo and
 * UDP echo (port 7). It remembers nothing: an answer is a function of the frame.
 */
import { checksum, ETHERTYPE, equalBytes, ethernet, ipv4, PROTOCOL, udp, word, wordBytes } from './frame.js';

export const PEER_MAC = Uint8Array.of(0x52, 0x55, 0x0a, 0x00, 0x02, 0x02);
export const PEER_ADDRESS = Uint8Array.of(10, 0, 2, 2);
export const GUEST_ADDRESS = Uint8Array.of(10, 0, 2, 15);
const NETMASK = [255, 255, 255, 0];
const BROADCAST = Uint8Array.of(255, 255, 255, 255);
const BROADCAST_MAC = new Uint8Array(6).fill(0xff);
const ECHO_PORT = 7;

/** ARP for IPv4 over Ethernet (RFC 826). */
const ARP_HEAD = Uint8Array.of(0, 1, 8, 0, 6, 4, 0);
const ARP_LENGTH = 28;

/** DHCP (RFC 2131, RFC 2132). */
const DHCP = {
  server: 67,
  client: 68,
  cookie: Uint8Array.of(0x63, 0x82, 0x53, 0x63),
  options: 240,
  leaseSeconds: 86400,
};
const MESSAGE = { discover: 1, offer: 2, request: 3, ack: 5 } as const;
const OPTION = { pad: 0, netmask: 1, router: 3, lease: 51, type: 53, server: 54, end: 255 } as const;

/** The answer to a frame of the guest's; null where there is none. */
export function answer(frame: Uint8Array): Uint8Array | null {
  if (frame.length < 14) return null;
  const to = frame.subarray(0, 6);
  const from = frame.subarray(6, 12);
  if (!equalBytes(to, PEER_MAC) && !equalBytes(to, BROADCAST_MAC)) return null;
  const payload = frame.subarray(14);
  const type = word(frame, 12);
  const reply = type === ETHERTYPE.arp ? answerArp(payload) : type === ETHERTYPE.ipv4 ? answerIpv4(payload) : null;
  return reply && ethernet(from, PEER_MAC, type, reply);
}

function answerArp(packet: Uint8Array): Uint8Array | null {
  if (packet.length < ARP_LENGTH || !equalBytes(packet.subarray(0, 7), ARP_HEAD) || packet[7] !== 1) return null;
  if (!equalBytes(packet.subarray(24, 28), PEER_ADDRESS)) return null;
  return Uint8Array.of(...ARP_HEAD, 2, ...PEER_MAC, ...PEER_ADDRESS, ...packet.subarray(8, 18));
}

function answerIpv4(packet: Uint8Array): Uint8Array | null {
  const header = (packet[0]! & 15) * 4;
  const length = packet.length >= 20 ? word(packet, 2) : 0;
  const whole = packet.length >= 20 && packet[0]! >> 4 === 4 && header >= 20 && length >= header;
  // Fragments are not put together.
  if (!whole || length > packet.length || word(packet, 6) & 0x3fff) return null;
  const from = packet.subarray(12, 16);
  const to = packet.subarray(16, 20);
  const payload = packet.subarray(header, length);
  const isOurs = equalBytes(to, PEER_ADDRESS);
  if (packet[9] === PROTOCOL.icmp && isOurs) return answerEcho(from, payload);
  if (packet[9] === PROTOCOL.udp) return answerUdp(from, isOurs, payload);
  return null;
}

/** ICMP echo (RFC 792). */
function answerEcho(from: Uint8Array, message: Uint8Array): Uint8Array | null {
  if (message.length < 8 || message[0] !== 8 || message[1] !== 0) return null;
  const reply = Uint8Array.of(0, 0, 0, 0, ...message.subarray(4));
  reply.set(wordBytes(checksum(reply)), 2);
  return ipv4(PEER_ADDRESS, from, PROTOCOL.icmp, reply);
}

function answerUdp(from: Uint8Array, isOurs: boolean, datagram: Uint8Array): Uint8Array | null {
  if (datagram.length < 8) return null;
  const length = word(datagram, 4);
  if (length < 8 || length > datagram.length) return null;
  const port = word(datagram, 0);
  const payload = datagram.subarray(8, length);
  if (word(datagram, 2) === DHCP.server && port === DHCP.client) return answerDhcp(payload);
  if (word(datagram, 2) !== ECHO_PORT || !isOurs) return null;
  const peer = { address: PEER_ADDRESS, port: ECHO_PORT };
  return ipv4(PEER_ADDRESS, from, PROTOCOL.udp, udp(peer, { address: from, port }, payload));
}

/** The value of an option; null where there is none. */
function optionOf(options: Uint8Array, wanted: number): Uint8Array | null {
  for (let at = 0; at < options.length && options[at] !== OPTION.end; ) {
    if (options[at] === OPTION.pad) {
      at++;
      continue;
    }
    const length = options[at + 1] ?? 0;
    if (options[at] === wanted) return options.subarray(at + 2, at + 2 + length);
    at += 2 + length;
  }
  return null;
}

function answerDhcp(request: Uint8Array): Uint8Array | null {
  const isRequest = request.length >= DHCP.options && request[0] === 1 && request[1] === 1 && request[2] === 6;
  if (!isRequest || !equalBytes(request.subarray(236, 240), DHCP.cookie)) return null;
  const type = optionOf(request.subarray(DHCP.options), OPTION.type)?.[0];
  if (type !== MESSAGE.discover && type !== MESSAGE.request) return null;
  const lease = [0, 8, 16, 24].reverse().map((shift) => (DHCP.leaseSeconds >>> shift) & 0xff);
  const options = [
    ...[OPTION.type, 1, type === MESSAGE.discover ? MESSAGE.offer : MESSAGE.ack],
    ...[OPTION.server, 4, ...PEER_ADDRESS],
    ...[OPTION.lease, 4, ...lease],
    ...[OPTION.netmask, 4, ...NETMASK],
    ...[OPTION.router, 4, ...PEER_ADDRESS],
    OPTION.end,
  ];
  const reply = new Uint8Array(DHCP.options + options.length);
  reply.set([2, 1, 6, 0]);
  // Transaction, seconds and flags are the client's; so are the relay and the hardware address.
  reply.set(request.subarray(4, 12), 4);
  reply.set(GUEST_ADDRESS, 16);
  reply.set(PEER_ADDRESS, 20);
  reply.set(request.subarray(24, 44), 24);
  reply.set(DHCP.cookie, 236);
  reply.set(options, DHCP.options);
  const [server, client] = [
    { address: PEER_ADDRESS, port: DHCP.server },
    { address: BROADCAST, port: DHCP.client },
  ];
  return ipv4(PEER_ADDRESS, BROADCAST, PROTOCOL.udp, udp(server, client, reply));
}
