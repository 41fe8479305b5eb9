import { tableOf, type Projection } from "../projection.ts";
import { bridgesProjection } from "./bridges.projection.ts";
import { clientsProjection } from "./clients.projection.ts";
import { consentsProjection } from "./consents.projection.ts";
import { findingsProjection } from "./findings.projection.ts";
import { grantsProjection } from "./grants.projection.ts";
import { receiversProjection } from "./receivers.projection.ts";
import { resourcesProjection } from "./resources.projection.ts";
import { securityProjection } from "./security.projection.ts";
import { serversProjection } from "./servers.projection.ts";
import { subjectsProjection } from "./subjects.projection.ts";
import { dueHour, upstreamsProjection } from "./upstreams.projection.ts";

export type { BridgeRow } from "./bridges.projection.ts";
export type { ClientRow } from "./clients.projection.ts";
export type { ConsentRow } from "./consents.projection.ts";
export type { FindingRow } from "./findings.projection.ts";
export type { GrantRow } from "./grants.projection.ts";
export type { ReceiverRow } from "./receivers.projection.ts";
export type { ResourceRow } from "./resources.projection.ts";
export type { SecurityRow } from "./security.projection.ts";
export type { ServerRow } from "./servers.projection.ts";
export type { SubjectRow } from "./subjects.projection.ts";
export type { UpstreamRow } from "./upstreams.projection.ts";

export {
  bridgesProjection,
  clientsProjection,
  consentsProjection,
  grantsProjection,
  resourcesProjection,
  securityProjection,
  serversProjection,
  subjectsProjection,
  upstreamsProjection,
  dueHour,
};

/** Every projection there is. */
export const projections: readonly Projection[] = [
  grantsProjection,
  clientsProjection,
  resourcesProjection,
  subjectsProjection,
  consentsProjection,
  findingsProjection,
  receiversProjection,
  securityProjection,
  bridgesProjection,
  serversProjection,
  upstreamsProjection,
];

/** The table of each projection, for `ReadModel.get` and `list`. */
export const tables = {
  grants: tableOf(grantsProjection),
  clients: tableOf(clientsProjection),
  resources: tableOf(resourcesProjection),
  subjects: tableOf(subjectsProjection),
  consents: tableOf(consentsProjection),
  security: tableOf(securityProjection),
  servers: tableOf(serversProjection),
  upstreams: tableOf(upstreamsProjection),
  bridges: tableOf(bridgesProjection),
  findings: tableOf(findingsProjection),
  receivers: tableOf(receiversProjection),
} as const;

export const grantsTable = tables.grants;
export const clientsTable = tables.clients;
export const resourcesTable = tables.resources;
export const subjectsTable = tables.subjects;
export const consentsTable = tables.consents;
export const securityTable = tables.security;
