import type { EventStore, Position, StoredEvent } from "@grantline/event-store";
import type { HttpRequest } from "@grantline/oauth/http";
import type { SubjectKeys } from "@grantline/keys";
import type { ManifestSigner } from "../export/manifest.ts";
import type { AuditLog } from "./audit-log.ts";

/** What the audit endpoints need. */
export interface AuditContext {
  readonly store: EventStore;
  readonly auditLog: AuditLog;
  /** Epoch seconds. */
  readonly clock: { now(): number };
  readonly subjectKeys: SubjectKeys;
  /** Which release answers; stands in manifests. */
  readonly version: string;
  /** Lets in who may read the log (P14), and says who it is. Throws OAuthError 401 or 403. */
  readonly authenticate: (request: HttpRequest) => Promise<{ readonly sub: string }>;
  readonly signer?: ManifestSigner;
  readonly checkpointAt?: (position: Position) => Promise<string | undefined>;
  readonly prove?: (event: StoredEvent) => Promise<object | undefined>;
}
