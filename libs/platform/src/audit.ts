import { segmentsDecider } from "@grantline/domain/segments";
import { authenticateCaller } from "@grantline/admin";
import {
  auditEndpoints,
  createAuditLog,
  holdEndpoints,
  manifestSignerOf,
  startAudit,
  vouchersOf,
  type Audit,
  type HoldsContext,
} from "@grantline/audit";
import type { Config } from "@grantline/config";
import type { Endpoint } from "@grantline/oauth/http";
import type { Logger } from "@grantline/telemetry";
import type { Platform } from "./platform.ts";
import { release } from "./release.ts";

export interface AuditParts {
  readonly platform: Platform;
  readonly config: Config;
  readonly log: Logger;
}

/** The log's proofs and its replay: what compliance reads. */
export interface PlatformAudit {
  readonly endpoints: readonly Endpoint[];
  close(): Promise<void>;
}

/** Opens the audit endpoints; with `grows` this process also lets the tree grow, signs its checkpoints and closes days. */
export async function openAudit(parts: AuditParts, { grows }: { readonly grows: boolean }): Promise<PlatformAudit> {
  const { platform, config } = parts;
  const { context } = platform;
  const audit = await growingAudit(parts, grows);
  const reader: HoldsContext["authenticate"] = (request) => authenticateCaller(context, request, "audit", "read");
  const { clock, subjectKeys } = context;
  const holds = holdEndpoints({
    segments: platform.runtime.repository(segmentsDecider),
    region: config.server.region,
    retention: config.audit.retention,
    clock,
    subjectKeys,
    authenticate: reader,
    authenticateWriter: (request) => authenticateCaller(context, request, "audit", "write"),
  });
  const replay = auditEndpoints({
    store: context.store,
    auditLog: createAuditLog({ store: context.store, clock, region: config.server.region, service: "audit" }),
    clock,
    subjectKeys,
    version: release(),
    authenticate: reader,
    ...vouchersOf(platform.tree()),
    signer: manifestSignerOf(audit.signer),
  });
  return { endpoints: [...audit.endpoints, ...replay, ...holds], close: audit.close };
}

/** The tree of the log, with everything it stands on. Signing key and days are in the log itself, so any process may take over. */
export function growingAudit({ platform, config, log }: AuditParts, grows: boolean, lease?: { held(): boolean }): Promise<Audit> {
  const { context, runtime, keys, tree } = platform;
  return startAudit({
    store: context.store,
    treeStore: tree(),
    vault: keys.vault,
    segments: runtime.repository(segmentsDecider),
    region: config.server.region,
    issuer: config.server.issuer,
    clock: context.clock,
    log,
    authorize: (request) => authenticateCaller(context, request, "audit", "read"),
    ...(config.audit.checkpointDir === undefined ? {} : { checkpointDir: config.audit.checkpointDir }),
    ...(lease === undefined ? {} : { lease }),
    grows,
  });
}
