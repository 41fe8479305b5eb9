import { consentDecider, consentEvents, type ConsentedScopes, type ConsentEvent } from "@grantline/domain/consent";
import type { Recorded } from "@grantline/domain/kernel";
import type { ReadEvent } from "@grantline/event-store";
import type { Projection } from "../projection.ts";

/** What a person has allowed a client. Times are epoch seconds. */
export interface ConsentRow {
  /** Id of the consent stream. */
  readonly consentId: string;
  readonly subject: string;
  readonly clientId: string;
  readonly status: "granted" | "withdrawn";
  /** By resource id; identity scopes under "". None once withdrawn. */
  readonly scopes: ConsentedScopes;
  readonly remember: boolean;
  readonly generation: number;
  readonly grantedAt: number;
  readonly updatedAt: number;
}

/** Consents by subject, client, resource (id) and status. */
export const consentsProjection: Projection = {
  name: "consents",
  version: 1,
  streams: ["consent"],
  definitions: consentEvents,
  rows: "stream",
  fold(previous, event, id) {
    const row = foldConsent(previous as ConsentRow | undefined, (event as ReadEvent<ConsentEvent>).event, id);
    if (row === undefined || row === previous) return undefined;
    const resource = Object.keys(row.scopes).filter((key) => key !== "");
    return { value: row, columns: { subject: row.subject, client: row.clientId, status: row.status, resource } };
  },
};

// How consents add up is the decider's rule; a row holds all of its state.
function foldConsent(row: ConsentRow | undefined, event: Recorded<ConsentEvent>, consentId: string): ConsentRow | undefined {
  const before = row ?? consentDecider.initial;
  const state = consentDecider.evolve(before, event);
  if (state === before || state.status === "none") return row;
  const { subject, clientId, status, generation } = state;
  const granted = state.status === "granted" ? state : { scopes: {}, remember: false, grantedAt: row?.grantedAt ?? event.at };
  return {
    consentId,
    subject,
    clientId,
    status,
    scopes: granted.scopes,
    remember: granted.remember,
    generation,
    grantedAt: granted.grantedAt,
    updatedAt: event.at,
  };
}
