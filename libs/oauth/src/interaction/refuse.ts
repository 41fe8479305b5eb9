import { commandMeta, type ClientView, type OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import type { HttpRequest, HttpResponse } from "../http/index.ts";
import { isLoopbackRedirect } from "../redirect-uri/index.ts";
import { answerClient, errorParameters, type AnswerTarget } from "./answer.ts";
import { denyGrant } from "./deny-grant.ts";
import { returnPage } from "./return-page.ts";

export interface Refusal {
  readonly client: ClientView;
  readonly target: AnswerTarget;
  readonly error: OAuthError;
  /** Has a person acted on our pages, or did the client forbid pages (prompt=none)? Then the redirect may be at once. */
  readonly direct: boolean;
  /** Interaction or pushed request this ends, with who was logged in. Absent: nothing had begun, so nothing is recorded (P13). */
  readonly ends?: { readonly id: string; readonly subject: string | undefined };
}

type Parts = Pick<OAuthContext, "grants" | "clock" | "settings" | "subjectKeys" | "security">;

/** Tells the client no: at once, or where that would make us an open redirector by a page with a link. */
export async function refuseAuthorization(context: Parts, request: HttpRequest, refusal: Refusal): Promise<HttpResponse> {
  const { client, target, error } = refusal;
  context.security.count({
    type: "RequestRefused",
    reason: error.reason,
    ip: request.ip,
    clientId: client.clientId,
    endpoint: "authorize",
  });
  if (refusal.ends !== undefined) await end(context, request, refusal, refusal.ends);
  const parameters = errorParameters(context.settings, target, error);
  // RFC 9700 §4.11.2: no instant redirect to an address nobody has vetted; the person's own machine is no phishing site
  if (!refusal.direct && client.state.verification !== "operator" && !isLoopbackRedirect(target.redirectUri)) {
    return { ...returnPage(context, client, target, parameters), refused: error };
  }
  return { ...answerClient(context, request, target, parameters), refused: error };
}

async function end(
  context: Parts,
  request: HttpRequest,
  { client, error }: Refusal,
  { id, subject }: NonNullable<Refusal["ends"]>,
): Promise<void> {
  const actor = subject === undefined ? ({ kind: "client", id: client.clientId } as const) : ({ kind: "user", id: subject } as const);
  const denied = await denyGrant(
    context,
    { id, clientId: client.clientId, subject: subject ?? "", reason: error.reason },
    commandMeta(context, request, actor),
  );
  if (!denied)
    throw new OAuthError(
      "invalid_request",
      "interaction-unknown",
      "This request was already answered. Go back to the application and start again if you need to.",
    );
}
