/** The stub on a loopback TCP port: one gdb at a time. */
import { createServer, type Socket } from 'node:net';
import { encodePacket, PacketReader } from './protocol.js';
import { DebugSession } from './session.js';
import type { DebugTarget } from './target.js';

/** How a debugging session ended. */
export type DebugEnd = 'detached' | 'killed' | 'exited';

/**
 * Waits for gdb on 127.0.0.1 and serves it until it detaches, kills the guest, or the guest ends.
 * @param listening told the port once gdb can connect
 * @throws the system's error where the port cannot be had
 */
export function serveGdb(target: DebugTarget, port: number, listening: (port: number) => void): Promise<DebugEnd> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      server.close();
      serve(socket, target).then(resolve, reject);
    });
    server.on('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (address && typeof address === 'object') listening(address.port);
    });
  });
}

function serve(socket: Socket, target: DebugTarget): Promise<DebugEnd> {
  const session = new DebugSession(target);
  const reader = new PacketReader();
  socket.setNoDelay(true);
  return new Promise((resolve) => {
    let over = false;
    const finish = (end: DebugEnd): void => {
      if (over) return;
      over = true;
      socket.end();
      resolve(end);
    };
    const send = (text: string | null): void => {
      if (text === null) return;
      socket.write(encodePacket(text), 'latin1');
      if (/^W/.test(text)) finish('exited');
    };
    const pump = (): void => {
      if (over || !session.running) return;
      send(session.advance());
      setImmediate(pump);
    };
    socket.on('data', (data) => {
      for (const incoming of reader.push(data.toString('latin1'))) {
        if (incoming.kind === 'interrupt') send(session.interrupt());
        else if (incoming.kind === 'bad') socket.write('-');
        else {
          if (!session.noAck) socket.write('+');
          send(session.handle(incoming.data));
          if (session.killed) return finish('killed');
          if (session.detached) return finish('detached');
          if (session.running) setImmediate(pump);
        }
      }
    });
    socket.on('error', () => finish('detached'));
    socket.on('close', () => finish('detached'));
  });
}
