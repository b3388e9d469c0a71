import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger };

/**
 * A log of JSON lines: `{"level":"info","time":"2026-05-05T12:00:00.000Z","msg":…}`. An error is told by name, code
 * and message, never by its stack or its other properties, which may hold anything.
 *
 * @param options.to a file's path, made for its owner's eyes only; standard output if undefined
 * @param options.stream written to instead, for a log that is read by a program
 */
export function createLog(
  options: { readonly to?: string; readonly stream?: DestinationStream } = {},
): Logger {
  const stream =
    options.stream ?? destination({ dest: options.to ?? 1, mkdir: true, mode: 0o600, sync: false });
  return pino(
    {
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
    },
    stream,
  );
}

function describeError(error: unknown): object {
  if (!(error instanceof Error))
    return { name: typeof error, message: 'something that is no Error was thrown' };
  const { name, message } = error;
  return 'code' in error ? { name, code: error.code, message } : { name, message };
}
