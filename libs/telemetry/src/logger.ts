import { type Bindings, type ChildLoggerOptions, type DestinationStream, type Logger, pino } from "pino";
import { scrubMembers, scrubText } from "./scrub.ts";

export type { Logger } from "pino";

export interface LoggerOptions {
  /** "fatal" … "trace", or "silent". */
  readonly level: string;
  readonly service: string;
  /** Where lines go; default the standard output. */
  readonly destination?: DestinationStream;
}

/**
 * JSON lines with an ISO time. Secrets never reach a line: fields are struck out by name, texts by looks, in children's bindings too.
 * `logger.child({ correlationId })` for one request.
 */
export function createLogger({ level, service, destination }: LoggerOptions): Logger {
  const logger = pino(
    {
      level,
      base: { service },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }), log: (members) => scrubMembers(members) },
      // pino's own would take the type of an error from its already scrubbed copy.
      serializers: { err: (scrubbed: unknown) => scrubbed },
      // The last look at the finished line: whatever way a secret took into it, by its looks it is found.
      hooks: { streamWrite: scrubText },
    },
    destination ?? pino.destination({ fd: 1, sync: false }),
  );
  // pino formats the fields of a call, but not those a child is given; children inherit this method.
  const child = logger.child;
  return Object.assign(logger, {
    child(this: Logger, bindings: Bindings, options?: ChildLoggerOptions): Logger {
      return Reflect.apply(child, this, [scrubMembers(bindings), options]);
    },
  });
}
