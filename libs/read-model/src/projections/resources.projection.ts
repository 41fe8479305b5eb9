import { exhausted, type Recorded } from "@grantline/domain/kernel";
import { resourceEvents, type AccessPolicy, type ResourceEvent, type ScopeDefinition, type TokenPolicy } from "@grantline/domain/resource";
import type { ReadEvent } from "@grantline/event-store";
import type { Projection } from "../projection.ts";

/** A resource as listings show it. Times are epoch seconds. */
export interface ResourceRow {
  readonly resourceId: string;
  readonly uri: string;
  readonly name: string;
  /** Its resource-server client. */
  readonly clientId: string;
  readonly status: "active" | "removed";
  readonly scopes: readonly ScopeDefinition[];
  readonly policy: AccessPolicy;
  readonly tokenPolicy: TokenPolicy;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Resources by status and by their client. */
export const resourcesProjection: Projection = {
  name: "resources",
  version: 1,
  streams: ["resource"],
  definitions: resourceEvents,
  rows: "stream",
  fold(previous, event) {
    const row = foldResource(previous as ResourceRow | undefined, (event as ReadEvent<ResourceEvent>).event);
    if (row === undefined || row === previous) return undefined;
    return { value: row, columns: { status: row.status, client: row.clientId, uri: row.uri } };
  },
};

function foldResource(row: ResourceRow | undefined, event: Recorded<ResourceEvent>): ResourceRow | undefined {
  // A removed resource may be registered again under its URI, and begins anew.
  if (event.type === "ResourceRegistered") {
    if (row?.status === "active") return row;
    const { resourceId, uri, name, clientId } = event.data;
    return {
      resourceId,
      uri,
      name,
      clientId,
      status: "active",
      scopes: [],
      policy: { rules: [] },
      tokenPolicy: {},
      createdAt: event.at,
      updatedAt: event.at,
    };
  }
  if (row === undefined || row.status === "removed") return row;
  switch (event.type) {
    case "ScopesDefined":
      return { ...row, scopes: event.data.scopes, updatedAt: event.at };
    case "AccessPolicySet":
      return { ...row, policy: event.data.policy, updatedAt: event.at };
    case "TokenPolicySet":
      return { ...row, tokenPolicy: event.data.policy, updatedAt: event.at };
    case "ResourceGenerationRaised":
      return { ...row, updatedAt: event.at };
    case "ResourceRemoved":
      return { ...row, status: "removed", updatedAt: event.at };
    default:
      return exhausted(event, row);
  }
}
