/** The network device, the peer that answers, the switch. */
import { describe, expect, it } from 'vitest';
import { STATUS } from '../constants.js';
import { TestDriver } from '../test-driver.js';
import { checksum, ETHERTYPE, ethernet, ipv4, MAX_FRAME, PROTOCOL, parseMac, udp } from './frame.js';
import { MAX_ARRIVING, Net, resetNetState } from './net.js';
import { LINK_TIME, Switch } from './switch.js';
import { answer, GUEST_ADDRESS, PEER_ADDRESS, PEER_MAC } from './user-peer.js';

const MAC = parseMac('52:54:00:12:34:56')!;
const ALL = new Uint8Array(6).fill(0xff);

describe('the device', () => {
  function make(state = resetNetState()) {
    const sent: Uint8Array[] = [];
    const net = new Net(MAC, (frame) => sent.push(frame), state);
    const driver = new TestDriver(net);
    driver.begin();
    driver.run(driver.now);
    return { net, driver, sent };
  }
  const frame = Uint8Array.from({ length: 60 }, (_, i) => i);

  it('sends what is behind the header, and drops what is no frame', () => {
    const { driver, sent } = make();
    driver.submit(1, [new Uint8Array(12), frame]);
    driver.run();
    expect(sent).toEqual([frame]);
    driver.submit(1, [new Uint8Array(12 + MAX_FRAME + 1)]);
    driver.run();
    expect(sent).toHaveLength(1);
    expect(driver.used(1)).toHaveLength(2);
    driver.submit(1, [new Uint8Array(11)]);
    driver.run();
    expect(driver.device.status & STATUS.needsReset).toBe(STATUS.needsReset);
  });

  it('delivers a frame when it is there and there is a buffer', () => {
    const { net, driver } = make();
    net.receive(frame, 5_000n);
    expect(driver.device.deadline()).toBe(5_000n);
    driver.run();
    // No buffer: nothing is done, or asked for, before the driver notifies.
    expect(driver.device.deadline()).toBeNull();
    const [a] = driver.submit(0, [1526]);
    driver.run();
    expect(driver.used(0)).toEqual([{ head: 0, written: 72 }]);
    expect(driver.bytes(a!, 72)).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, ...frame));
  });

  it('keeps so many frames, and their order', () => {
    const { net } = make();
    net.receive(frame, 7n);
    net.receive(frame, 3n);
    expect(net.save().arriving.map((a) => a.due)).toEqual([7n, 7n]);
    for (let i = 0; i < 1000; i++) net.receive(frame, 9n);
    expect(net.save().arriving).toHaveLength(MAX_ARRIVING);
    net.receive(new Uint8Array(MAX_FRAME + 1), 10n);
    expect(make(net.save()).net.save()).toEqual(net.save());
  });
});

/** The answer's payload of a kind; checks addresses and checksums on the way. */
function ipAnswer(packet: Uint8Array): Uint8Array {
  const reply = answer(ethernet(PEER_MAC, MAC, ETHERTYPE.ipv4, packet))!;
  expect(reply.slice(0, 12)).toEqual(Uint8Array.of(...MAC, ...PEER_MAC));
  const ip = reply.slice(14);
  expect(checksum(ip.subarray(0, 20))).toBe(0);
  if (ip[9] === PROTOCOL.udp) {
    const length = ip.length - 20;
    expect(checksum(ip.subarray(12, 20), Uint8Array.of(0, 17, length >> 8, length & 0xff), ip.subarray(20))).toBe(0);
  }
  return ip.slice(20);
}

describe('the peer', () => {
  it('answers ARP for its address only', () => {
    const request = (target: Uint8Array) =>
      Uint8Array.of(0, 1, 8, 0, 6, 4, 0, 1, ...MAC, ...GUEST_ADDRESS, 0, 0, 0, 0, 0, 0, ...target);
    const reply = answer(ethernet(ALL, MAC, ETHERTYPE.arp, request(PEER_ADDRESS)))!;
    expect(reply.slice(14)).toEqual(
      Uint8Array.of(0, 1, 8, 0, 6, 4, 0, 2, ...PEER_MAC, ...PEER_ADDRESS, ...MAC, ...GUEST_ADDRESS),
    );
    expect(answer(ethernet(ALL, MAC, ETHERTYPE.arp, request(GUEST_ADDRESS)))).toBeNull();
  });

  it('echoes ICMP and UDP', () => {
    const echo = Uint8Array.of(8, 0, 0, 0, 1, 2, 3, 4, 5);
    echo.set([checksum(echo) >> 8, checksum(echo) & 0xff], 2);
    const reply = ipAnswer(ipv4(GUEST_ADDRESS, PEER_ADDRESS, PROTOCOL.icmp, echo));
    expect([reply[0], ...reply.slice(4)]).toEqual([0, 1, 2, 3, 4, 5]);
    expect(checksum(reply)).toBe(0);
    const ports = [
      { address: GUEST_ADDRESS, port: 999 },
      { address: PEER_ADDRESS, port: 7 },
    ] as const;
    const datagram = ipAnswer(
      ipv4(GUEST_ADDRESS, PEER_ADDRESS, PROTOCOL.udp, udp(...ports, Uint8Array.of(65, 66, 67))),
    );
    expect(datagram.slice(0, 4)).toEqual(Uint8Array.of(0, 7, 999 >> 8, 999 & 0xff));
    expect(datagram.slice(8)).toEqual(Uint8Array.of(65, 66, 67));
  });

  it('gives the guest its address', () => {
    const message = (type: number) => {
      const bytes = new Uint8Array(244);
      bytes.set([1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef]);
      bytes.set(MAC, 28);
      bytes.set([0x63, 0x82, 0x53, 0x63, 53, 1, type, 255], 236);
      const ports = [
        { address: new Uint8Array(4), port: 68 },
        { address: ALL.slice(0, 4), port: 67 },
      ] as const;
      return ipv4(ports[0].address, ports[1].address, PROTOCOL.udp, udp(...ports, bytes));
    };
    for (const [asked, answered] of [
      [1, 2],
      [3, 5],
    ]) {
      const reply = ipAnswer(message(asked!)).slice(8);
      expect([...reply.slice(0, 8)]).toEqual([2, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef]);
      expect(reply.slice(16, 20)).toEqual(GUEST_ADDRESS);
      expect([...reply.slice(236, 243)]).toEqual([0x63, 0x82, 0x53, 0x63, 53, 1, answered]);
    }
    expect(answer(ethernet(PEER_MAC, MAC, ETHERTYPE.ipv4, message(7)))).toBeNull();
  });

  it('has an answer or none to any bytes', () => {
    let x = 1;
    const random = (below: number) => {
      x = Math.imul(x, 1664525) + 1013904223;
      return (x >>> 8) % below;
    };
    const good = ipv4(GUEST_ADDRESS, PEER_ADDRESS, PROTOCOL.icmp, Uint8Array.of(8, ...new Uint8Array(259)));
    let answered = 0;
    for (let n = 0; n < 20_000; n++) {
      const payload = good.slice(0, random(2) ? good.length : random(good.length));
      payload[9] = [1, 17, random(256)][random(3)]!;
      for (let i = random(6); i > 0; i--) payload[random(payload.length + 1)] = random(256);
      const reply = answer(
        ethernet(PEER_MAC, MAC, random(9) ? ETHERTYPE.ipv4 : ETHERTYPE.arp, payload).slice(
          0,
          random(40) ? 600 : random(40),
        ),
      );
      if (reply) answered++;
      if (reply) expect(reply.length).toBeLessThanOrEqual(MAX_FRAME);
    }
    expect(answered).toBeGreaterThan(0);
  });
});

it('a switch sends to the port of an address, else to all others, and never back', () => {
  const lan = new Switch();
  const heard: string[] = [];
  const port = (name: string, last: number) => ({
    mac: Uint8Array.of(2, 0, 0, 0, 0, last),
    deliver: (_: Uint8Array, due: bigint) => heard.push(`${name} ${due}`),
  });
  const [a, b, c] = [port('a', 1), port('b', 2), port('c', 3)];
  for (const p of [a, b, c]) lan.join(p);
  lan.send(a, ethernet(b.mac, a.mac, 0, new Uint8Array(1)), 5n);
  expect(heard.splice(0)).toEqual([`b ${LINK_TIME + 5n}`]);
  lan.send(a, ethernet(ALL, a.mac, 0, new Uint8Array(1)), 0n);
  expect(heard.splice(0)).toEqual([`b ${LINK_TIME}`, `c ${LINK_TIME}`]);
});

it.each(['', '52:54:00:12:34', '53:54:00:12:34:56', '52-54-00-12-34-56', '52:54:00:12:34:5G'])(
  '%j is no address',
  (text) => {
    expect(parseMac(text)).toBeNull();
  },
);
