import type { DomainEvent } from "../kernel/index.ts";

/** What somebody did with the audit log. */
export type AuditReading = "replay" | "state" | "diff" | "sample" | "evidence" | "subject-report";

/** Stream `audit-{writer}-{yyyymmdd}`: who read the log, and what they asked. Who is the envelope's actor. */
export type AuditRead = DomainEvent<
  "AuditRead",
  {
    readonly what: AuditReading;
    /** The filters as given, by name; ids and pseudonyms only. */
    readonly query: Readonly<Record<string, string>>;
    /** Positions: read strictly after `from`, up to `to`. */
    readonly from: string;
    readonly to: string;
    /** Where it is known before the answer begins. */
    readonly count?: number;
    readonly format?: string;
  }
>;
export type AuditEvent = AuditRead;
