import { clientEvents, type ClientEvent, type ClientMetadata, type ClientRegistered, type ClientSettings } from "@grantline/domain/client";
import { exhausted, type Recorded } from "@grantline/domain/kernel";
import type { ReadEvent } from "@grantline/event-store";
import type { Projection, RowDraft } from "../projection.ts";

/** A client as listings show it: no secret, no hash. Times are epoch seconds. */
export interface ClientRow {
  readonly clientId: string;
  /** Id of its stream, for URLs. */
  readonly streamId: string;
  readonly status: "active" | "suspended" | "deleted";
  /** Why it was suspended or deleted. */
  readonly reason?: string;
  readonly how: ClientRegistered["data"]["how"];
  readonly name?: string;
  readonly metadata: ClientMetadata;
  readonly settings: ClientSettings;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When a client registered by itself goes away if it never holds a live grant. */
  readonly unusedExpiresAt?: number;
}

/** Clients by id, status and how they came to be. */
export const clientsProjection: Projection = {
  name: "clients",
  version: 1,
  streams: ["client"],
  definitions: clientEvents,
  rows: "stream",
  fold(previous, event, id) {
    const row = foldClient(previous as ClientRow | undefined, (event as ReadEvent<ClientEvent>).event, id);
    return row === undefined || row === previous ? undefined : toDraft(row);
  },
};

function foldClient(row: ClientRow | undefined, event: Recorded<ClientEvent>, streamId: string): ClientRow | undefined {
  if (event.type === "ClientRegistered") return row ?? registered(streamId, event.data, event.at);
  if (row === undefined || row.status === "deleted") return row;
  switch (event.type) {
    case "ClientUpdated":
      return { ...withoutName(row), ...described(event.data), updatedAt: event.at };
    case "ClientSuspended":
      return { ...row, status: "suspended", reason: event.data.reason, updatedAt: event.at };
    case "ClientReinstated": {
      const { reason: _reason, ...rest } = row;
      return { ...rest, status: "active", updatedAt: event.at };
    }
    case "ClientDeleted":
      return { ...row, status: "deleted", reason: event.data.reason, updatedAt: event.at };
    case "ClientSecretIssued":
    case "ClientSecretRetired":
    case "RegistrationTokenRotated":
    case "ClientGenerationRaised":
      return { ...row, updatedAt: event.at };
    default:
      return exhausted(event, row);
  }
}

function registered(streamId: string, data: ClientRegistered["data"], at: number): ClientRow {
  return {
    clientId: data.clientId,
    streamId,
    status: "active",
    how: data.how,
    ...described(data),
    createdAt: at,
    updatedAt: at,
    ...(data.unusedExpiresAt === undefined ? {} : { unusedExpiresAt: data.unusedExpiresAt }),
  };
}

function described({ metadata, settings }: Pick<ClientRow, "metadata" | "settings">): Pick<ClientRow, "metadata" | "settings" | "name"> {
  return { metadata, settings, ...(metadata.client_name === undefined ? {} : { name: metadata.client_name }) };
}

function withoutName(row: ClientRow): Omit<ClientRow, "name"> {
  const { name: _name, ...rest } = row;
  return rest;
}

function toDraft(row: ClientRow): RowDraft {
  return {
    value: row,
    columns: { client: row.clientId, status: row.status, how: row.how, ...(row.unusedExpiresAt === undefined ? {} : { expiring: "yes" }) },
  };
}
