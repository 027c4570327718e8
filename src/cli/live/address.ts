/** Where a live migration goes or comes in: `tcp:HOST:PORT`, `HOST:PORT` or `unix:PATH`. */
import { isIP } from 'node:net';
import { UsageError } from '../errors.js';

export type Address =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** Whether a text names another process rather than a host's counter. */
export const isAddress = (text: string): boolean => /^(tcp|unix):/.test(text);

/** @throws UsageError with the text and the way out */
export function parseAddress(text: string, option: string): Address {
  const [, path] = /^unix:([\s\S]+)$/.exec(text) ?? [];
  if (path !== undefined) {
    if (Buffer.byteLength(path) > 100)
      throw new UsageError(`${option} ${text.slice(0, 60)}...: at most 100 bytes of path`);
    return { kind: 'unix', path };
  }
  const [, bracketed, plain, digits] = /^(?:tcp:)?(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port > 65535) {
    throw new UsageError(`${option} ${text.slice(0, 60)}: say tcp:127.0.0.1:4444, tcp:[::1]:4444 or unix:/path`);
  }
  return { kind: 'tcp', host, port };
}

export const formatAddress = (address: Address): string => {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return `tcp:${isIP(address.host) === 6 ? `[${address.host}]` : address.host}:${address.port}`;
};

/** Whether only this machine can be at the other end. A name may mean anything, but for localhost. */
export function isLocal(address: Address): boolean {
  if (address.kind === 'unix') return true;
  const { host } = address;
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * A guest's memory goes to nobody in particular, and comes from nobody in particular, only where it is said whom to trust.
 * @throws UsageError
 */
export function requireSecret(address: Address, secret: unknown, option: string): void {
  if (secret || isLocal(address)) return;
  throw new UsageError(
    `${option} ${formatAddress(address)}: not this machine alone, and anybody there could feed or take a guest; give both sides --secret-file f`,
  );
}
