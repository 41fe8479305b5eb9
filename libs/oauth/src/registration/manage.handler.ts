import { commandMeta } from "../context/index.ts";
import type { OAuthError } from "../errors/index.ts";
import { json, noContent, type HttpRequest, type HttpResponse } from "../http/index.ts";
import { mintRegistrationToken } from "../tokens/index.ts";
import { bearerRefused } from "./bearer-value.ts";
import { clientInformation } from "./client-information.response.ts";
import { mintClientSecret, needsSecret } from "./client-secret.ts";
import type { RegistrationContext } from "./context.ts";
import { authenticateManager, checkUpdate } from "./manage.request.ts";
import { readRegistration } from "./registration.request.ts";

/** GET /register/:client_id (RFC 7592 §2.1). Does not rotate: a lost answer to a read must not cost the client its token. */
export async function readClient(context: RegistrationContext, request: HttpRequest): Promise<HttpResponse> {
  const { client, token } = await authenticateManager(context, request);
  return json(200, clientInformation(client, { registrationToken: token }, context.settings));
}

/** PUT /register/:client_id (RFC 7592 §2.2): replaces all metadata and the registration access token. */
export async function updateClient(context: RegistrationContext, request: HttpRequest): Promise<HttpResponse> {
  const { client, streamId, tokenHash } = await authenticateManager(context, request);
  const { settings, clock, random } = context;
  // A client keeps the grants it was vouched for, and gains none.
  const vouched = client.metadata.grant_types.includes("client_credentials");
  const update = await readRegistration(request.body, { settings, fetcher: context.fetcher, vouched });
  const now = clock.now();
  const shown = checkUpdate(update, client, now);

  const token = mintRegistrationToken(random, streamId);
  const hasSecret = client.secrets.some((secret) => (secret.expiresAt ?? Infinity) > now);
  const fresh = needsSecret(update.metadata) && !hasSecret ? mintClientSecret(random, now) : undefined;
  const executed = await context.clients.execute(
    streamId,
    {
      kind: "update",
      now,
      metadata: update.metadata,
      documentHash: update.documentHash,
      presentedTokenHash: tokenHash,
      registrationTokenHash: token.hash,
      ...(fresh === undefined ? {} : { secret: fresh.record }),
    },
    commandMeta(context, request, { kind: "client", id: client.clientId }),
  );
  // Deleted, suspended or updated while we were reading: the change is refused, nothing was written.
  if (executed.outcome.kind === "refused" || executed.state.status !== "active") throw overtaken();
  const secret = fresh?.value ?? shown;
  return json(
    200,
    clientInformation(executed.state, { registrationToken: token.value, ...(secret === undefined ? {} : { secret }) }, settings),
  );
}

/** DELETE /register/:client_id (RFC 7592 §2.3): the client, its secret and everything granted to it end at once. */
export async function deleteClient(context: RegistrationContext, request: HttpRequest): Promise<HttpResponse> {
  const { client, streamId, tokenHash } = await authenticateManager(context, request);
  const { outcome } = await context.clients.execute(
    streamId,
    { kind: "delete", now: context.clock.now(), reason: "self", presentedTokenHash: tokenHash },
    commandMeta(context, request, { kind: "client", id: client.clientId }),
  );
  if (outcome.kind === "refused") throw overtaken();
  return noContent();
}

/** What was let in was overtaken by another change with the same token. */
function overtaken(): OAuthError {
  return bearerRefused("registration-token-wrong", "The registration access token is not valid for this client any more.");
}
