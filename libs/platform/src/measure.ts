import type { EventStore, SealedEvent } from "@grantline/event-store";
import type { Metrics } from "@grantline/telemetry";
import type { Platform } from "./platform.ts";

/** Events that are tokens going out, and the grant type they stand for; AccessTokenIssued names its own. */
const ISSUING: Readonly<Record<string, string>> = { CodeRedeemed: "authorization_code", RefreshTokenRotated: "refresh_token" };
const GRANT_TYPE = /"grantType":"([a-z0-9_:.-]{1,80})"/;

type Counts = Map<string, number>;

/** How long counts gather before the metrics hear of them: those sort and hash labels at each call. */
const GATHER_MS = 20;

/** Counts the events this process has appended; give it to `showingAppends`. Bodies are not parsed. */
export function eventCounter(metrics: Pick<Metrics, "appended" | "tokenIssued">): (events: readonly SealedEvent[]) => void {
  const appended: Counts = new Map();
  const issued: Counts = new Map();
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    timer = undefined;
    for (const [aggregate, count] of appended) metrics.appended(aggregate, count);
    for (const [kind, count] of issued) metrics.tokenIssued(...(kind.split(" ") as [string, string]), count);
    appended.clear();
    issued.clear();
  };
  return (events) => {
    for (const { stream, type, body } of events) {
      add(appended, stream.slice(0, stream.indexOf("-")));
      const grantType = type === "AccessTokenIssued" ? (GRANT_TYPE.exec(body)?.[1] ?? "unknown") : ISSUING[type];
      if (grantType !== undefined) add(issued, `${grantType} ${body.includes('"format":"opaque"') ? "opaque" : "jwt"}`);
    }
    timer ??= setTimeout(tell, GATHER_MS).unref();
  };
}

function add(counts: Counts, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** The store, showing what is appended through it once that is durable. */
export function showingAppends(store: EventStore, show: (events: readonly SealedEvent[]) => void): EventStore {
  return {
    ...store,
    append: (stream, expectedRevision, events) =>
      store.append(stream, expectedRevision, events).then((result) => {
        if (result.kind === "appended") show(events);
        return result;
      }),
  };
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
