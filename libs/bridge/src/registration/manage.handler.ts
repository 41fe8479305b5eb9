import type { BridgeState } from "@grantline/domain/bridge";
import { commandMeta } from "@grantline/oauth/context";
import { OAuthError } from "@grantline/oauth/errors";
import { type HttpRequest, type HttpResponse, json, noContent } from "@grantline/oauth/http";
import { bearerRefused, bearerValue, checkUpdate, mintClientSecret, needsSecret } from "@grantline/oauth/registration";
import { parseRegistrationToken, sameHash } from "@grantline/oauth/tokens";
import type { BridgeContext } from "../context.ts";
import { targetRefused } from "../process/as-answer.ts";
import { driveNow } from "../process/registering.ts";
import { clientInformation } from "./client-information.response.ts";
import { readBridgeRegistration } from "./registration.request.ts";

interface Managed {
  readonly state: Extract<BridgeState, { status: "active" }>;
  /** As presented. */
  readonly token: string;
  readonly tokenHash: string;
}

/** GET {issuer}/register/:client_id (RFC 7592 §2.1). */
export async function readRegistered(context: BridgeContext, request: HttpRequest): Promise<HttpResponse> {
  const { state, token } = await authenticateManager(context, request);
  return json(200, clientInformation(context.settings, state, { registrationToken: token }));
}

/**
 * PUT {issuer}/register/:client_id (RFC 7592 §2.2): the stream first, then the application; where that must wait, the duty brings it in line. The
 * registration access token stays: a lost answer must not lock the client out.
 */
export async function updateRegistered(context: BridgeContext, request: HttpRequest): Promise<HttpResponse> {
  const { state, token, tokenHash } = await authenticateManager(context, request);
  const { clock, random, bridges, settings, log } = context;
  const update = await readBridgeRegistration(context, request.body);
  const now = clock.now();
  const { clientId, bridgeId, clientSecretHash } = state;
  const secrets = clientSecretHash === undefined ? [] : [{ id: "facade", hash: clientSecretHash, issuedAt: state.requestedAt }];
  const shown = checkUpdate(update, { clientId, secrets }, now);
  const confidential = needsSecret(update.metadata);
  const fresh = confidential && clientSecretHash === undefined ? mintClientSecret(random, now) : undefined;
  const meta = commandMeta(context, request, { kind: "client", id: clientId });
  const { outcome, state: changed } = await bridges.execute(
    bridgeId,
    {
      kind: "change",
      now,
      presentedTokenHash: tokenHash,
      metadata: update.metadata,
      documentHash: update.documentHash,
      needsSecret: update.needsTargetSecret,
      ...(fresh === undefined ? {} : { clientSecretHash: fresh.record.hash }),
    },
    meta,
  );
  if (outcome.kind === "refused") throw overtaken();
  const after = await driveNow(context, bridgeId, "update", meta).catch((error: unknown) => {
    if (!(error instanceof OAuthError) || error.reason !== "bridge-target-unavailable") throw error;
    log.warn({ bridgeId, err: error }, "an application could not be brought in line yet; the duty goes on with it");
    return changed;
  });
  if (after.status !== "active") throw targetRefused(after.status);
  const secret = fresh?.value ?? shown;
  return json(200, clientInformation(settings, after, { registrationToken: token, ...(secret === undefined ? {} : { secret }) }));
}

/** DELETE {issuer}/register/:client_id (RFC 7592 §2.3). Once the stream has it the facade serves the client no more; the application goes now or soon. */
export async function removeRegistered(context: BridgeContext, request: HttpRequest): Promise<HttpResponse> {
  const { state, tokenHash } = await authenticateManager(context, request);
  const { clock, bridges, log } = context;
  const { bridgeId, clientId } = state;
  const meta = commandMeta(context, request, { kind: "client", id: clientId });
  const { outcome } = await bridges.execute(
    bridgeId,
    { kind: "end", now: clock.now(), reason: "self", presentedTokenHash: tokenHash },
    meta,
  );
  if (outcome.kind === "refused") throw overtaken();
  await driveNow(context, bridgeId, "remove", meta).catch((error: unknown) =>
    log.warn({ bridgeId, err: error }, "the application of a removed client could not be removed yet; the duty goes on with it"),
  );
  return noContent();
}

/** The same answer for an unknown client, another client's token and a rotated one (RFC 7592 §2: no oracle). */
async function authenticateManager({ bridges }: BridgeContext, request: HttpRequest): Promise<Managed> {
  const token = bearerValue(request) ?? "";
  const parsed = parseRegistrationToken(token);
  const clientId = request.params["client_id"] ?? "";
  if (parsed === undefined || parsed.clientStreamId !== clientId) throw wrong();
  const { state } = await bridges.load(clientId);
  if (state.status !== "active" || !sameHash(state.registrationTokenHash ?? "", parsed.hash)) throw wrong();
  return { state, token, tokenHash: parsed.hash };
}

function wrong(): OAuthError {
  return bearerRefused("registration-token-wrong", "The registration access token is not valid for this client.");
}

function overtaken(): OAuthError {
  return bearerRefused("registration-token-wrong", "The registration access token is not valid for this client any more.");
}
