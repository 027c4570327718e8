// Writer of cpio archives in the "newc" format that Linux unpacks as an initramfs
// (Linux Documentation/driver-api/early-userspace/buffer-format.rst). Same entries, same bytes: times and owners are zero.

/** One file of the archive. Parent directories are entries of their own and come first. */
export type CpioEntry =
  | { readonly kind: 'directory'; readonly path: string; readonly mode?: number }
  | { readonly kind: 'file'; readonly path: string; readonly data: Uint8Array; readonly mode?: number }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  | { readonly kind: 'character'; readonly path: string; readonly major: number; readonly minor: number };

interface Header {
  readonly inode: number;
  readonly mode: number;
  readonly links: number;
  readonly size: number;
  readonly major: number;
  readonly minor: number;
}

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const S_IFCHR = 0o020000;

const encoder = new TextEncoder();

const align4 = (n: number): number => (n + 3) & ~3;

function headerText(name: Uint8Array, h: Header): string {
  const fields = [h.inode, h.mode, 0, 0, h.links, 0, h.size, 0, 0, h.major, h.minor, name.length + 1, 0];
  return `070701${fields.map((f) => f.toString(16).toUpperCase().padStart(8, '0')).join('')}`;
}

function describe(entry: CpioEntry, inode: number): { header: Header; data: Uint8Array } {
  const plain = { inode, links: 1, major: 0, minor: 0 };
  switch (entry.kind) {
    case 'directory':
      return {
        header: { ...plain, mode: S_IFDIR | (entry.mode ?? 0o755), links: 2, size: 0 },
        data: new Uint8Array(0),
      };
    case 'file':
      return { header: { ...plain, mode: S_IFREG | (entry.mode ?? 0o644), size: entry.data.length }, data: entry.data };
    case 'symlink': {
      const data = encoder.encode(entry.target);
      return { header: { ...plain, mode: S_IFLNK | 0o777, size: data.length }, data };
    }
    case 'character':
      return {
        header: { ...plain, mode: S_IFCHR | 0o600, size: 0, major: entry.major, minor: entry.minor },
        data: new Uint8Array(0),
      };
  }
}

/**
 * The archive of `entries` in their order, trailer included.
 * Throws RangeError for an empty or absolute path or a path with a NUL: such a name cannot be stored.
 */
export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const put = (bytes: Uint8Array): void => {
    chunks.push(bytes);
    const padding = align4(length + bytes.length) - (length + bytes.length);
    length += bytes.length + padding;
    if (padding > 0) chunks.push(new Uint8Array(padding));
  };
  const putEntry = (path: string, header: Header, data: Uint8Array): void => {
    const name = encoder.encode(path);
    put(encoder.encode(`${headerText(name, header)}${path}\0`));
    put(data);
  };

  entries.forEach((entry, i) => {
    if (entry.path === '' || entry.path.startsWith('/') || entry.path.includes('\0')) {
      throw new RangeError(`${JSON.stringify(entry.path)}: a cpio path is relative, not empty and has no NUL`);
    }
    const { header, data } = describe(entry, i + 1);
    putEntry(entry.path, header, data);
  });
  putEntry('TRAILER!!!', { inode: 0, mode: 0, links: 1, size: 0, major: 0, minor: 0 }, new Uint8Array(0));

  const archive = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    archive.set(chunk, at);
    at += chunk.length;
  }
  return archive;
}
