/** The terminal that somebody types at the guest's console from. */
import type { Session } from '../verify/session.js';

export interface Keyboard {
  readonly open: boolean;
  close(): void;
}

/** Connects standard input to the guest's console where somebody is there to type. */
export function openKeyboard(session: Session, replayed: boolean): Keyboard {
  const { stdin } = process;
  if (!stdin.isTTY) return { open: false, close: () => {} };
  stdin.setRawMode(true);
  stdin.resume();
  const onData = (data: Buffer): void => {
    // Ctrl-A x ends the run, as in QEMU.
    if (data.includes(1)) process.kill(process.pid, 'SIGINT');
    else if (!replayed) session.inject({ kind: 'receive', bytes: [...data] });
  };
  stdin.on('data', onData);
  return {
    open: true,
    close() {
      stdin.off('data', onData);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}
