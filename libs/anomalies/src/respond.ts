import type { FindingResponse, FindingTarget, ResponseTaken } from "@grantline/domain/finding";
import { StreamParked, type CommandMeta } from "@grantline/event-store";
import { clientStreamId, type OAuthContext } from "@grantline/oauth/context";

export type RespondParts = Pick<OAuthContext, "clients" | "grants" | "subjects" | "clock">;
type Result = ResponseTaken["data"]["result"];

/** Why a client was suspended: who lifts the finding finds it again by this. */
export function suspensionReason(findingId: string): string {
  return `anomaly ${findingId}`;
}

/** Carries a response out through the deciders everybody uses. Doing it twice is doing it once: each of them answers "already". */
export async function respond(
  parts: RespondParts,
  {
    findingId,
    response,
    target,
    meta,
  }: { readonly findingId: string; readonly response: FindingResponse; readonly target: FindingTarget; readonly meta: CommandMeta },
): Promise<Result> {
  try {
    switch (response) {
      case "suspend-client":
        return await suspendClient(parts, findingId, target, meta);
      case "revoke-grant":
        return await revokeGrant(parts, target, meta);
      case "step-up":
        return await endSession(parts, target, meta);
      case "observe":
      case "alert":
        return "not-possible";
    }
  } catch (error) {
    // P11: what nobody here can read nobody here changes; it is judged inactive already
    if (error instanceof StreamParked) return "not-possible";
    throw error;
  }
}

async function suspendClient(
  { clients, clock }: RespondParts,
  findingId: string,
  { clientId }: FindingTarget,
  meta: CommandMeta,
): Promise<Result> {
  if (clientId === undefined) return "not-possible";
  const id = clientStreamId(clientId);
  const { state } = await clients.load(id, { fresh: true });
  if (state.status === "suspended") return "already";
  // Operators would lock themselves out, and resource servers would stop validating for everybody
  if (state.status !== "active" || state.how === "bootstrap" || state.how === "resource") return "not-possible";
  const { outcome } = await clients.execute(id, { kind: "suspend", now: clock.now(), reason: suspensionReason(findingId) }, meta);
  return outcome.kind === "refused" ? "not-possible" : "done";
}

async function revokeGrant({ grants, clock }: RespondParts, { grantId }: FindingTarget, meta: CommandMeta): Promise<Result> {
  if (grantId === undefined) return "not-possible";
  const { outcome } = await grants.execute(grantId, { kind: "revoke", now: clock.now(), reason: "anomaly" }, meta);
  if (outcome.kind !== "revoked") return "not-possible";
  return outcome.already ? "already" : "done";
}

/** Step-up: the login session ends and what lives by it, so that whoever goes on has to log in again. Grants with offline access outlive it. */
async function endSession({ grants, subjects, clock }: RespondParts, { grantId }: FindingTarget, meta: CommandMeta): Promise<Result> {
  if (grantId === undefined) return "not-possible";
  const { state } = await grants.load(grantId, { fresh: true });
  if (state.status === "none" || state.status === "denied" || state.basis.sessionId === undefined) return "not-possible";
  const { subject, sessionId } = state.basis;
  const { outcome } = await subjects.execute(subject, { kind: "end-session", now: clock.now(), sessionId, reason: "anomaly" }, meta);
  if (outcome.kind === "refused") return "not-possible";
  return outcome.kind === "unchanged" ? "already" : "done";
}
