import type { StoredEvent } from "@grantline/event-store";
import type { Metrics } from "@grantline/telemetry";
import type { Platform } from "./platform.ts";

/** Events that are tokens going out, and the grant type they stand for; AccessTokenIssued names its own. */
const ISSUING: Readonly<Record<string, string>> = { CodeRedeemed: "authorization_code", RefreshTokenRotated: "refresh_token" };
const GRANT_TYPE = /"grantType":"([a-z0-9_:.-]{1,80})"/;

/** Counts what was appended, from the feed: by whichever process, and off the path of the requests. Bodies are not parsed. */
export function countEvents(metrics: Pick<Metrics, "appended" | "tokenIssued">, events: readonly StoredEvent[]): void {
  const appended = new Map<string, number>();
  for (const { stream, type, body } of events) {
    const aggregate = stream.slice(0, stream.indexOf("-"));
    appended.set(aggregate, (appended.get(aggregate) ?? 0) + 1);
    const grantType = type === "AccessTokenIssued" ? (GRANT_TYPE.exec(body)?.[1] ?? "unknown") : ISSUING[type];
    if (grantType !== undefined) metrics.tokenIssued(grantType, body.includes('"format":"opaque"') ? "opaque" : "jwt");
  }
  for (const [aggregate, count] of appended) metrics.appended(aggregate, count);
}

/** Where each projection stands, looked up when somebody asks for the metrics. In the embedded store positions are numbers without a gap. */
export async function measureProjections({ context }: Pick<Platform, "context">, metrics: Pick<Metrics, "projection">): Promise<void> {
  const { store, projector, clock } = context;
  const [head, { projections }] = await Promise.all([store.head(), projector.status()]);
  for (const { name, position, parked } of projections) {
    const behind = Math.max(0, Number(head) - Number(position));
    const [oldest] = behind === 0 ? [] : await store.readAll(position, 1);
    const lagSeconds =
      oldest === undefined ? 0 : Math.max(0, clock.now() - Date.parse((JSON.parse(oldest.body) as { readonly at: string }).at) / 1_000);
    metrics.projection(name, { behind, lagSeconds, parked });
  }
}
