import { compactVerify, decodeJwt, type JWK } from "jose";
import type { ClientView, OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import { sha256 } from "../tokens/index.ts";
import { assertionKeys } from "./assertion-keys.ts";
import { type AssertionClaims, assertionHeader, checkAssertionClaims, LEEWAY, ourAudiences } from "./assertion-rules.ts";

export type AssertionSources = Pick<OAuthContext, "settings" | "clock" | "ephemeral" | "fetchJwks">;

/** private_key_jwt (RFC 7523): throws `invalid_client` unless the assertion is this client's, meant for us, and used for the first time. */
export async function verifyAssertion(context: AssertionSources, client: ClientView, assertion: string, path: string): Promise<void> {
  const { metadata } = client.state;
  if (metadata.token_endpoint_auth_method !== "private_key_jwt") {
    throw new OAuthError(
      "invalid_client",
      "client-method-mismatch",
      `This client is registered for ${metadata.token_endpoint_auth_method}, not for a client assertion.`,
    );
  }
  const header = assertionHeader(assertion);
  const registered = metadata.token_endpoint_auth_signing_alg;
  // RFC 7591 §2: a registered algorithm is the only one
  if (registered !== undefined && registered !== header.alg) {
    throw new OAuthError("invalid_client", "assertion-alg", `This client is registered to sign with ${registered}.`);
  }
  await checkSignature(await assertionKeys(context, client, header), assertion, header.alg);
  const claims = checkAssertionClaims(decodeJwt(assertion), client.clientId, ourAudiences(context.settings, path), context.clock.now());
  await useOnce(context, client, claims);
}

async function checkSignature(keys: readonly JWK[], assertion: string, alg: string): Promise<void> {
  let cause: unknown;
  for (const key of keys) {
    try {
      await compactVerify(assertion, key, { algorithms: [alg] });
      return;
    } catch (error) {
      cause = error;
    }
  }
  throw new OAuthError("invalid_client", "assertion-signature", "No registered key of the client verifies the client assertion.", {
    cause,
  });
}

async function useOnce(context: AssertionSources, client: ClientView, claims: AssertionClaims): Promise<void> {
  // RFC 7523 §3 (7): each jti once. The key carries the kind and the client, so no other artefact's jti collides (CVE 4)
  const first = await context.ephemeral.addIfAbsent(`assertion:${client.streamId}:${sha256(claims.jti)}`, claims.exp + LEEWAY);
  if (!first) throw new OAuthError("invalid_client", "assertion-replayed", "The client assertion was used before.");
  // A jti seen before a loss of the store may be forgotten, so assertions that old are refused (architecture.md §4). Asked last: had the store
  // been lost after an earlier look, the jti would be new to what came in its place.
  if (claims.issuedAt < (await context.ephemeral.completeSince())) {
    throw new OAuthError(
      "invalid_client",
      "assertion-replayed",
      "The client assertion is older than this server can check for replay. Sign a new one.",
    );
  }
}
