import { setTimeout as pause } from "node:timers/promises";
import type { Connection, UpstreamState } from "@grantline/domain/upstream";
import { SecretStoreReadOnly, SecretStoreUnavailable, SecretUnreadable } from "@grantline/secrets";
import type { UpstreamContext } from "../context.ts";
import { refreshTokens, revokeTokens } from "../providers/provider-client.ts";
import type { Provider } from "../providers/provider.ts";
import { providerOf } from "../providers/providers.ts";
import { ProviderTrouble } from "../providers/trouble.ts";
import type { TokenRecord } from "../tokens/record.ts";
import type { UpstreamAccess } from "../upstream.port.ts";
import { restSeconds } from "./backoff.ts";
import { handOut, isGood, noneOf, unavailable } from "./hand-out.ts";
import { present } from "./present.ts";
import type { RefreshOf, RefreshParts } from "./refresh.ts";

/** A claimed refresh. `number`: what the new tokens are stored under. */
export interface Bringing extends RefreshOf {
  readonly id: string;
  readonly claim: string;
  readonly number: number;
  readonly failures: number;
}

/**
 * 1 what is stored: it may be ahead of the stream, when a process died between storing and saying so; then that is what was wanted. 2 the provider, with
 * the refresh token. 3 the secret store. 4 the stream; only now may anybody use them. A failure is a fact too, with the time it is tried again.
 */
export async function bringTokens(parts: RefreshParts, of: Bringing): Promise<UpstreamAccess> {
  const counted = (outcome: ProviderTrouble["kind"] | "done"): void =>
    parts.context.metrics?.upstreamRefreshed(of.server.provider, outcome);
  try {
    const brought = await bring(parts, of);
    counted("done");
    return brought;
  } catch (error) {
    const trouble = troubleOf(error);
    counted(trouble.kind);
    return failed(parts, of, trouble);
  }
}

async function bring(parts: RefreshParts, of: Bringing): Promise<UpstreamAccess> {
  const { context } = parts;
  const stored = parts.unsaved.get(of.connection.secretName) ?? (await parts.records.read(of.id, { ...of.connection, record: -1 }));
  // no end of the connection: a process that was given another secret store than the others finds nothing either
  if (stored === undefined) throw new ProviderTrouble("setup", "tokens-missing");
  if (stored.record > of.connection.record) return say(parts, of, await save(parts, of, stored));
  if (stored.refreshToken === undefined) throw new ProviderTrouble("refused", "no-refresh-token");
  const provider = await sameProvider(context, of);
  const brought = await refreshTokens(context, provider, stored.refreshToken, of.connection.scopes).catch((error: unknown) =>
    lateAnswer(parts, of, error),
  );
  return say(parts, of, await save(parts, of, "record" in brought ? brought : { ...brought, record: of.number }));
}

/** The tokens go on only with who gave them: another client or issuer is another connection. */
export async function sameProvider(
  context: UpstreamContext,
  { server, connection, meta }: Pick<Told, "server" | "meta"> & { readonly connection: Pick<Connection, "clientId" | "issuer"> },
): Promise<Provider> {
  const provider = await providerOf(context, server, meta);
  if (provider.client.clientId !== connection.clientId || provider.endpoints.issuer !== connection.issuer)
    throw new ProviderTrouble("refused", "provider-changed");
  return provider;
}

/** A refresh token used already may have been used by one of us whose claim had ended: then its tokens lie in the store by now. */
async function lateAnswer({ records }: RefreshParts, { id, connection }: Bringing, error: unknown): Promise<TokenRecord> {
  if (!(error instanceof ProviderTrouble) || error.kind !== "refused") throw error;
  const stored = await records.read(id, { ...connection, record: -1 });
  if (stored === undefined || stored.record <= connection.record) throw error;
  return stored;
}

/** Tries at the secret store within one claim: what a provider gave in exchange for a single-use token exists nowhere else yet. */
const TRIES = 3;

export async function save(
  { records, unsaved }: Pick<RefreshParts, "records" | "unsaved">,
  { id, connection: { secretName } }: { readonly id: string; readonly connection: Pick<Connection, "secretName"> },
  record: TokenRecord,
): Promise<TokenRecord> {
  unsaved.set(secretName, record);
  for (let attempt = 1; ; attempt++) {
    try {
      await records.write(id, secretName, record);
      unsaved.delete(secretName);
      return record;
    } catch (error) {
      if (attempt === TRIES || !(error instanceof SecretStoreUnavailable)) throw error;
      await pause(200 * attempt);
    }
  }
}

export type Told = Pick<Bringing, "id" | "claim" | "server" | "meta" | "connection">;

/** What was stored becomes what is used, if the stream agrees. */
export async function say(parts: RefreshParts, of: Told, record: TokenRecord): Promise<UpstreamAccess> {
  const { upstreams, clock } = parts.context;
  const { outcome, state } = await upstreams.execute(
    of.id,
    {
      kind: "refreshed",
      now: clock.now(),
      claim: of.claim,
      generation: record.record,
      tokens: {
        scopes: record.scopes,
        refreshable: record.refreshToken !== undefined,
        ...(record.expiresAt === undefined ? {} : { expiresAt: record.expiresAt }),
      },
    },
    of.meta,
  );
  if (outcome.kind === "done" && state.status === "connected") return handOut(state.connection, record);
  return overtaken(parts, of, state, record);
}

/**
 * Ended or begun anew while the provider was asked: the tokens that came are nobody's. They are given back only if the connection has ended: to some
 * providers one token stands for all that was authorized, and what was begun anew would end with it.
 */
async function overtaken({ context, records }: RefreshParts, of: Told, state: UpstreamState, record: TokenRecord): Promise<UpstreamAccess> {
  const begunAnew = state.status !== "none" && state.connection.secretName !== of.connection.secretName;
  if (begunAnew || state.status === "revoked") await records.remove(of.connection.secretName);
  if (!begunAnew && state.status === "revoked")
    await sameProvider(context, of)
      .then((provider) => revokeTokens(context, provider, record))
      .catch((error: unknown) => tell(context, of, troubleOf(error)));
  return state.status === "connected" ? unavailable("refreshed-meanwhile", 1) : noneOf(state);
}

/** `refused` ends the connection until the person comes back; anything else is tried again after a rest. */
async function failed({ context, records }: RefreshParts, of: Bringing, trouble: ProviderTrouble): Promise<UpstreamAccess> {
  const now = context.clock.now();
  const terminal = trouble.kind === "refused";
  const rest = restSeconds(of.failures, trouble.retryAfterSeconds, Math.random());
  tell(context, of, trouble);
  const { state } = await context.upstreams.execute(
    of.id,
    { kind: "refresh-failed", now, claim: of.claim, reason: trouble.reason, terminal, ...(terminal ? {} : { retryAt: now + rest }) },
    of.meta,
  );
  if (state.status !== "connected") return noneOf(state);
  // the old token is as good as it was
  if (of.why === "ahead" && isGood(of.connection, now)) return present(records, of.id, state);
  return unavailable(trouble.reason, rest);
}

/** What can be expected to go wrong, as a word; anything else is a fault of ours and goes on as it is. */
export function troubleOf(error: unknown): ProviderTrouble {
  if (error instanceof ProviderTrouble) return error;
  if (error instanceof SecretStoreUnavailable)
    return new ProviderTrouble("transient", "secrets-unavailable", Math.ceil((error.retryAfterMs ?? 0) / 1_000));
  if (error instanceof SecretStoreReadOnly || error instanceof SecretUnreadable) return new ProviderTrouble("setup", "secrets-unusable");
  throw error;
}

function tell({ log }: UpstreamContext, { server, claim }: Told, { kind, reason }: ProviderTrouble): void {
  log.warn({ server: server.name, claim, kind, reason }, "tokens of a connection could not be refreshed");
}
