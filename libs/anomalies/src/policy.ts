import type { AnomalyKind, FindingResponse } from "@grantline/domain/finding";
import type { Found } from "./detector.ts";

export type Policy = Readonly<Record<AnomalyKind, FindingResponse>>;

/** Tell people, and touch nothing. */
export const DEFAULT_POLICY: Policy = {
  "refresh-reuse": "alert",
  "code-replay": "alert",
  "new-place": "alert",
  movement: "alert",
  burst: "alert",
  "registration-flood": "alert",
  "client-authentication-failures": "alert",
  "scope-probing": "alert",
};

/** What is older than this when it is found (a long stop, a rebuild from the log) is recorded and no more: nobody should be locked out for last month. */
export const TOO_LATE_SECONDS = 3_600;

/** The configured response, or a milder one where it does not fit; never a harsher one. */
export function responseTo(
  found: Found,
  policy: Policy,
  { now, acting }: { readonly now: number; readonly acting: boolean },
): FindingResponse {
  if (found.severity === "low" || now - found.until > TOO_LATE_SECONDS) return "observe";
  const wanted = policy[found.kind];
  if (wanted === "observe" || wanted === "alert") return wanted;
  return acting && fits(wanted, found) ? wanted : "alert";
}

function fits(response: FindingResponse, { target, kind }: Found): boolean {
  // Strangers cause these in others' names
  if (kind === "registration-flood" || kind === "client-authentication-failures") return false;
  // whoever asks for too much at the authorization endpoint names any client there is; only a token says whose it was
  if (kind === "scope-probing" && target.subject === undefined) return false;
  if (response === "suspend-client") return target.clientId !== undefined;
  return target.grantId !== undefined;
}
