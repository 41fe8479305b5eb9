import { upstreamDecider, upstreamEvents, type UpstreamEvent, type UpstreamState } from "@grantline/domain/upstream";
import type { ReadEvent } from "@grantline/event-store";
import type { Projection } from "../projection.ts";

/** A person's connection to a server. Names of secrets, never a token. */
export interface UpstreamRow {
  readonly user: string;
  readonly server: string;
  readonly state: UpstreamState;
}

const HOUR = 3_600;

/** The hour tokens end in, as a column: what ends soon is found without looking at everything. */
export function dueHour(at: number): string {
  return String(Math.floor(at / HOUR));
}

/** Connections by user, server, status and the hour their tokens end. */
export const upstreamsProjection: Projection = {
  name: "upstreams",
  version: 1,
  streams: ["upstream"],
  definitions: upstreamEvents,
  rows: "stream",
  fold(previous, event, id) {
    const before = (previous as UpstreamRow | undefined)?.state ?? upstreamDecider.initial;
    const state = upstreamDecider.evolve(before, (event as ReadEvent<UpstreamEvent>).event);
    if (state === before) return undefined;
    // a subject id has no dash, a server's name may
    const dash = id.indexOf("-");
    const row: UpstreamRow = { user: id.slice(0, dash), server: id.slice(dash + 1), state };
    return { value: row, columns: { user: row.user, server: row.server, status: state.status, ...due(state) } };
  },
};

function due(state: UpstreamState): { readonly due?: string } {
  if (state.status !== "connected" || !state.connection.refreshable || state.connection.expiresAt === undefined) return {};
  return { due: dueHour(state.connection.expiresAt) };
}
