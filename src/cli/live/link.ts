/** Links between the two processes of a live migration: sockets, under TLS with a pre-shared key where there is a secret. */
import { createHash } from 'node:crypto';
import { rmSync, statSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, TLSSocket } from 'node:tls';
import { UsageError } from '../errors.js';
import { readInput } from '../files.js';
import { type Address, formatAddress } from './address.js';

const IDENTITY = 'chronovisor';
/** Node has pre-shared keys up to TLS 1.2; this suite has forward secrecy and authenticates what it encrypts. */
const TLS = {
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
} as const;
const LEAST_SECRET = 16;
const CONNECT_MS = 10_000;

/** The key that both sides derive from the file. @throws UsageError where it is too short to be one */
export function readSecret(path: string | undefined): Buffer | null {
  if (path === undefined) return null;
  const secret = Buffer.from(readInput(path))
    .toString('latin1')
    .replace(/\r?\n$/, '');
  if (secret.length < LEAST_SECRET) {
    throw new UsageError(
      `--secret-file ${path}: ${secret.length} bytes; at least ${LEAST_SECRET} (openssl rand -hex 32)`,
    );
  }
  return createHash('sha256').update('chronovisor live migration 1\0').update(secret, 'latin1').digest();
}

const placeOf = (address: Address): { path: string } | { host: string; port: number } =>
  address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };

/** Why a link failed, as a user can use it. */
export function linkError(error: NodeJS.ErrnoException): string {
  const { code = '', message } = error;
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return 'nobody listens there (chronovisor receive --listen)';
  if (/WRONG_VERSION|PACKET_LENGTH|HTTP_REQUEST|UNEXPECTED_MESSAGE|UNKNOWN_PROTOCOL/.test(code + message)) {
    return 'one side has a --secret-file and the other has none';
  }
  if (code.startsWith('ERR_SSL') || /decrypt|bad record|SSL|TLS/i.test(message)) {
    return 'the other side does not know the secret (--secret-file)';
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'the other side closed the link';
  return code || message.slice(0, 100);
}

/** @throws the socket's error */
export function connect(address: Address, secret: Buffer | null): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const place = placeOf(address);
    const psk = secret && {
      ...TLS,
      pskCallback: () => ({ psk: secret, identity: IDENTITY }),
      // There are no certificates: the key is the identity.
      checkServerIdentity: () => undefined,
    };
    const socket: Socket = psk ? connectTls({ ...place, ...psk }) : createConnection(place);
    const timer = setTimeout(() => socket.destroy(new Error('no answer for 10 s')), CONNECT_MS);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once('error', fail);
    socket.once('close', () => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    socket.once(psk ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      if (!(socket instanceof TLSSocket)) socket.setNoDelay();
      resolve(socket);
    });
  });
}

/** @param onLink takes every link whose other side knows the secret; `onStranger` hears of the others */
export function listen(
  address: Address,
  secret: Buffer | null,
  onLink: (socket: Socket) => void,
  onStranger: (why: string) => void,
): Promise<Server> {
  const server = secret
    ? createTlsServer({ ...TLS, pskCallback: (_socket, identity) => (identity === IDENTITY ? secret : null) }, onLink)
    : createServer({ noDelay: true }, onLink);
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    onStranger(linkError(error));
    socket.destroy();
  });
  if (address.kind === 'unix') removeStaleSocket(address.path);
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'somebody listens there already' : (error.code ?? error.message);
      reject(new UsageError(`--listen ${formatAddress(address)}: ${why}`));
    });
    const before = address.kind === 'unix' ? process.umask(0o077) : null;
    server.listen(placeOf(address), () => resolve(server));
    // The socket is made at once, for its owner alone.
    if (before !== null) process.umask(before);
  });
}

/** A socket file that nobody listens at any more would be in the way. What is not a socket stays. */
function removeStaleSocket(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isSocket()) rmSync(path, { force: true });
}
