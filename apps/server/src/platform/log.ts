import { pino, type Logger, type DestinationStream } from 'pino';

export type Log = Logger;

/** Fields that never reach a log, at the top and one level down. Secrets in free text are not found: don't log free text from outside. */
const secretFields = [
  'password',
  'secret',
  'token',
  'totpCode',
  'cookie',
  'authorization',
  'databaseUrl',
  'lakeUrl',
  'credential',
];

/**
 * The log: one JSON object a line, `time` in ISO 8601, `level` by name. `destination` defaults to standard output.
 * Errors go in under `err`: `log.error({ err }, 'what failed')`.
 */
export function createLog(options: { level: string; name?: string; destination?: DestinationStream }): Log {
  return pino(
    {
      level: options.level,
      base: { name: options.name ?? 'server', pid: process.pid },
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: [...secretFields, ...secretFields.map((f) => `*.${f}`), 'headers["x-api-key"]'],
        censor: '[redacted]',
      },
    },
    options.destination ?? pino.destination({ dest: 1, sync: false }),
  );
}

/** A log that says nothing, for tests. */
export const silentLog: Log = pino({ level: 'silent' });
