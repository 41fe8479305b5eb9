import type { AuditRead, AuditReading } from "@grantline/domain/audit";
import type { Position } from "@grantline/event-store";
import { commandMeta } from "@grantline/oauth/context";
import type { HttpRequest } from "@grantline/oauth/http";
import type { AuditContext } from "./context.ts";

/** What is recorded of a reading beside who and when. */
export interface Reading {
  readonly what: AuditReading;
  readonly query: Readonly<Record<string, string>>;
  readonly from: Position;
  readonly to: Position;
  readonly count?: number;
  readonly format?: string;
}

/** Records a reading before its answer begins; throws when it can't be, and then there is no answer. */
export async function record(
  context: AuditContext,
  request: HttpRequest,
  caller: { readonly sub: string },
  reading: Reading,
): Promise<void> {
  const data: AuditRead["data"] = reading;
  await context.auditLog.record(data, commandMeta(context, request, { kind: "operator", id: caller.sub }));
}
