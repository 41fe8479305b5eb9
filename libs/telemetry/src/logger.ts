import { type DestinationStream, type Logger, pino } from "pino";
import { scrub, scrubMembers, scrubText } from "./scrub.ts";

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
  return pino(
    {
      level,
      base: { service },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: {
        level: (label) => ({ level: label }),
        log: (members) => scrubMembers(members),
        bindings: (bindings) => scrubMembers(bindings),
      },
      // Errors are written by `scrub`, like everything else.
      serializers: { err: scrub, error: scrub },
      hooks: {
        logMethod(args, method) {
          method.apply(this, args.map((arg: unknown) => (typeof arg === "string" ? scrubText(arg) : arg)) as typeof args);
        },
      },
    },
    destination ?? pino.destination({ fd: 1, sync: false }),
  );
}
