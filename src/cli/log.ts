/** The platform's own log: JSON lines on standard error, silent unless asked for. The guest never gets at it. */
import pino from 'pino';

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;

export const log = pino({ level: 'silent', base: null }, pino.destination({ dest: 2, sync: true }));

export function setLogLevel(level: string): void {
  log.level = level;
}
