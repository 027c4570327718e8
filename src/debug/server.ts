/** The stub on a loopback TCP port: one gdb, once. */
import { createServer, type Socket } from 'node:net';
import { encodePacket, PacketReader } from './protocol.js';
import { DebugSession } from './session.js';
import type { DebugTarget } from './target.js';

/** How a debugging session ended. A connection that breaks counts as detached. */
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

async function serve(socket: Socket, target: DebugTarget): Promise<DebugEnd> {
  try {
    return await talk(socket, target);
  } finally {
    target.release();
    socket.end();
  }
}

function talk(socket: Socket, target: DebugTarget): Promise<DebugEnd> {
  return new Promise((resolve, reject) => {
    const session = new DebugSession(target, (text) => socket.write(encodePacket(text), 'latin1'));
    const reader = new PacketReader();
    let over = false;
    let pumping = false;
    /** Does a piece of work; the end of the session or of the stub comes of nothing else. */
    const work = (piece: () => void): void => {
      if (over) return;
      try {
        piece();
      } catch (error) {
        over = true;
        return reject(error);
      }
      if (session.end) finish(session.end);
      else if (session.running && !pumping) {
        pumping = true;
        setImmediate(pump);
      }
    };
    const pump = (): void => {
      pumping = false;
      work(() => session.advance());
    };
    const finish = (end: DebugEnd): void => {
      over = true;
      resolve(end);
    };
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      for (const incoming of reader.push(data.toString('latin1'))) {
        if (incoming.kind !== 'interrupt' && !session.noAck) socket.write(incoming.kind === 'bad' ? '-' : '+');
        if (incoming.kind === 'interrupt') work(() => session.interrupt());
        else if (incoming.kind === 'packet') work(() => session.handle(incoming.data));
      }
    });
    socket.on('error', () => finish('detached'));
    socket.on('close', () => finish('detached'));
  });
}
