/** Progress of `verify` on standard error: a moving line on a terminal, a line for each run that ends in a pipe. */

import type { RunResult } from './messages.js';
import { type Verdict, verdictOf } from './verdict.js';

export interface Progress {
  started(index: number): void;
  at(index: number, hostTimeNs: number): void;
  ended(index: number, result: RunResult): void;
  close(): void;
}

const MARKS: Record<Verdict, string> = {
  'as expected': 'ok',
  differs: 'DIFFERS',
  failed: 'FAILED',
  skipped: 'skipped',
};
const seconds = (ns: number): string => `${(ns / 1e9).toFixed(2)} s`;

export function progressOn(stream: NodeJS.WriteStream, titles: readonly string[]): Progress {
  return stream.isTTY ? movingLine(stream, titles) : plainLines(stream, titles);
}

function plainLines(stream: NodeJS.WritableStream, titles: readonly string[]): Progress {
  let done = 0;
  return {
    started: () => {},
    at: () => {},
    ended(index, result) {
      const wall = result.kind === 'skipped' ? '' : ` in ${(result.wallMs / 1000).toFixed(1)} s`;
      stream.write(`[${++done}/${titles.length}] ${titles[index]}: ${MARKS[verdictOf(result)]}${wall}\n`);
    },
    close: () => {},
  };
}

function movingLine(stream: NodeJS.WriteStream, titles: readonly string[]): Progress {
  const running = new Map<number, number>();
  let done = 0;
  let bad = 0;
  const draw = (): void => {
    const names = [...running].map(([index, ns]) => `${titles[index]} ${ns ? seconds(ns) : '...'}`);
    const text = `${done}/${titles.length} done${bad ? `, ${bad} not as expected` : ''} · ${names.join(' · ')}`;
    const columns = Math.max(20, (stream.columns ?? 80) - 1);
    stream.write(`\r\x1b[K${text.length > columns ? `${text.slice(0, columns - 3)}...` : text}`);
  };
  return {
    started(index) {
      running.set(index, 0);
      draw();
    },
    at(index, hostTimeNs) {
      running.set(index, hostTimeNs);
      draw();
    },
    ended(index, result) {
      running.delete(index);
      done++;
      if (verdictOf(result) === 'differs' || verdictOf(result) === 'failed') bad++;
      draw();
    },
    close: () => void stream.write('\r\x1b[K'),
  };
}
