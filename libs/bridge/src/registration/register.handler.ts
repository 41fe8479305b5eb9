import { commandMeta } from "@grantline/oauth/context";
import { OAuthError } from "@grantline/oauth/errors";
import { type HttpRequest, type HttpResponse, json } from "@grantline/oauth/http";
import { mintClientSecret, needsSecret, vouchedFor } from "@grantline/oauth/registration";
import { mintRegistrationToken } from "@grantline/oauth/tokens";
import type { BridgeContext } from "../context.ts";
import { refusedFor } from "../process/as-answer.ts";
import { driveNow } from "../process/registering.ts";
import { clientInformation } from "./client-information.response.ts";
import { readBridgeRegistration } from "./registration.request.ts";

/**
 * POST {issuer}/register (RFC 7591 §3). The client gets credentials of the facade; those of the application at the target stay on this side, so a client
 * that leaks its own can't be used around the facade, and the application's secret can be renewed without the client.
 */
export async function registerAtTarget(context: BridgeContext, request: HttpRequest): Promise<HttpResponse> {
  const { settings, clock, random, bridges, target, limits } = context;
  const vouched = vouchedFor(request, { dcr: settings });
  // P13: what strangers may cause is counted by address
  if (!vouched) await limits.check("anonymous-write", request.ip);
  const { metadata, documentHash, needsTargetSecret } = await readBridgeRegistration(context, request.body);
  if (!vouched) {
    await limits.take("anonymous-write", request.ip);
    await context.quota.take();
  }

  const now = clock.now();
  const bridgeId = random.hex(16);
  const token = mintRegistrationToken(random, bridgeId);
  const secret = needsSecret(metadata) ? mintClientSecret(random, now) : undefined;
  const meta = commandMeta(context, request, { kind: "client", id: bridgeId });
  const requested = await bridges.execute(
    bridgeId,
    {
      kind: "request",
      now,
      event: {
        bridgeId,
        clientId: bridgeId,
        origin: "dcr",
        target: target.kind,
        metadata,
        documentHash,
        needsSecret: needsTargetSecret,
        registrationTokenHash: token.hash,
        ...(secret === undefined ? {} : { clientSecretHash: secret.record.hash }),
      },
    },
    meta,
  );
  if (requested.outcome.kind === "refused") throw new OAuthError("server_error", "unexpected", "The registration could not be begun.");
  const state = await driveNow(context, bridgeId, "register", meta);
  if (state.status !== "active") throw refusedFor(state.status === "gone" ? state.reason : state.status);
  const shown = { registrationToken: token.value, ...(secret === undefined ? {} : { secret: secret.value }) };
  return json(201, clientInformation(settings, state, shown));
}
