import { clientStreamId, commandMeta } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import { json, type HttpRequest, type HttpResponse } from "../http/index.ts";
import { mintRegistrationToken } from "../tokens/index.ts";
import { clientInformation } from "./client-information.response.ts";
import { mintClientSecret, needsSecret } from "./client-secret.ts";
import type { RegistrationContext } from "./context.ts";
import { vouchedFor } from "./initial-access-token.ts";
import { readRegistration } from "./registration.request.ts";

/** POST /register (RFC 7591 §3): a stranger becomes a client. */
export async function register(context: RegistrationContext, request: HttpRequest): Promise<HttpResponse> {
  const { settings, clock, random } = context;
  const vouched = vouchedFor(request, settings);
  // P13: what strangers may write is counted by address
  if (!vouched) await context.limits.check("anonymous-write", request.ip);
  const { metadata, documentHash } = await readRegistration(request.body, { settings, fetcher: context.fetcher, vouched });
  if (!vouched) await context.limits.take("anonymous-write", request.ip);

  const now = clock.now();
  const clientId = random.hex(16);
  const token = mintRegistrationToken(random, clientStreamId(clientId));
  // A client that registered `none` must not be handed a secret (CVE-2026-44476).
  const secret = needsSecret(metadata) ? mintClientSecret(random, now) : undefined;
  const expires = metadata.grant_types.includes("client_credentials") ? {} : { unusedExpiresAt: now + settings.dcr.unusedLifetime };
  const executed = await context.clients.execute(
    clientStreamId(clientId),
    {
      kind: "register",
      now,
      ...(secret === undefined ? {} : { secret: secret.record }),
      event: { clientId, how: "dcr", metadata, settings: {}, documentHash, registrationTokenHash: token.hash, ...expires },
    },
    commandMeta(context, request, { kind: "client", id: clientId }),
  );
  if (executed.state.status !== "active") throw new OAuthError("server_error", "unexpected", "The registration could not be completed.");
  return json(
    201,
    clientInformation(
      executed.state,
      { registrationToken: token.value, ...(secret === undefined ? {} : { secret: secret.value }) },
      settings,
    ),
  );
}
