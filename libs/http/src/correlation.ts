import { randomUUID } from "node:crypto";

/** A caller may name its request; anything odd is replaced, so that nothing hostile reaches logs or events. */
const ACCEPTABLE = /^[A-Za-z0-9._-]{8,64}$/;

/** The id that joins answer, log line and event: the caller's `x-correlation-id` when it is well formed, else a new one. */
export function correlationIdOf(header: string | string[] | undefined): string {
  return typeof header === "string" && ACCEPTABLE.test(header) ? header : randomUUID();
}
