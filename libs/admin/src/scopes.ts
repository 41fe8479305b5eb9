import type { ScopeDefinition } from "@grantline/domain/resource";

/** What one scope of the admin API opens; each but `admin` has a `:read` variant. */
export type AdminArea = "clients" | "resources" | "subjects" | "grants" | "keys" | "audit" | "flags" | "anomalies" | "servers";
export type AdminScope = "grantline:admin" | `grantline:${AdminArea}` | `grantline:${AdminArea}:read`;

export const FULL_ADMIN = "grantline:admin";

const AREAS: Readonly<Record<AdminArea, string>> = {
  servers: "third-party MCP servers behind the gateway",
  clients: "clients and their secrets",
  resources: "resources, their scopes and policies",
  subjects: "people known to this server",
  grants: "grants and consents",
  keys: "signing keys",
  audit: "the event log and the state of the service",
  flags: "feature flags",
  anomalies: "findings of attacks and what was done about them",
};

/** The scopes of the admin resource, in plain words for the consent page. */
export const ADMIN_SCOPES: readonly ScopeDefinition[] = [
  { name: FULL_ADMIN, description: "Administer everything on this authorization server", default: true },
  { name: "grantline:introspect", description: "See whether any token of this server is good" },
  ...Object.entries(AREAS).flatMap(([area, words]) => [
    { name: `grantline:${area}`, description: `See and change ${words}` },
    { name: `grantline:${area}:read`, description: `See ${words}` },
  ]),
];

/** The scopes of which one is enough for an operation. */
export function scopesFor(area: AdminArea, access: "read" | "write"): readonly AdminScope[] {
  return access === "read" ? [`grantline:${area}:read`, `grantline:${area}`, FULL_ADMIN] : [`grantline:${area}`, FULL_ADMIN];
}
