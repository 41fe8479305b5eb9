import type { Recorded } from "@grantline/domain/kernel";
import { serverDecider, type ServerDefinition, serverEvents, type ServerEvent, type ServerState } from "@grantline/domain/server";
import type { ReadEvent } from "@grantline/event-store";
import type { Projection } from "../projection.ts";

/** A third-party MCP server. Times are epoch seconds. */
export interface ServerRow {
  readonly name: string;
  readonly status: "active" | "removed";
  /** Of one that is there. */
  readonly server?: ServerDefinition;
  readonly resourceId?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Servers by status and provider. */
export const serversProjection: Projection = {
  name: "servers",
  version: 1,
  streams: ["server"],
  definitions: serverEvents,
  rows: "stream",
  fold(previous, event, name) {
    const row = foldServer(previous as ServerRow | undefined, (event as ReadEvent<ServerEvent>).event, name);
    if (row === undefined) return undefined;
    return { value: row, columns: { status: row.status, ...(row.server === undefined ? {} : { provider: row.server.provider }) } };
  },
};

function foldServer(row: ServerRow | undefined, event: Recorded<ServerEvent>, name: string): ServerRow | undefined {
  const state = serverDecider.evolve(stateOf(row, name), event);
  if (state.status === "none") return undefined;
  const times = { createdAt: row?.createdAt ?? event.at, updatedAt: event.at };
  if (state.status === "removed") return { name, status: "removed", ...times };
  return { name, status: "active", server: state.server, resourceId: state.resourceId, ...times };
}

/** Our registration at its authorization server is nothing a listing shows, so it is not carried along. */
function stateOf(row: ServerRow | undefined, name: string): ServerState {
  if (row === undefined) return { status: "none" };
  const { server, resourceId } = row;
  return server === undefined || resourceId === undefined ? { status: "removed", name } : { status: "active", server, resourceId };
}
