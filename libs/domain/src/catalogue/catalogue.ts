import { auditEvents } from "../audit/events.ts";
import { bridgeEvents } from "../bridge/events.ts";
import { clientEvents } from "../client/events.ts";
import { consentEvents } from "../consent/events.ts";
import { gatewayEvents } from "../gateway/events.ts";
import { findingEvents } from "../finding/events.ts";
import { flagEvents } from "../flag/events.ts";
import { deviceEvents } from "../device/events.ts";
import { grantEvents } from "../grant/events.ts";
import { issuanceEvents } from "../issuance/events.ts";
import type { AnyEventDefinitions } from "../kernel/index.ts";
import { keyringEvents } from "../keyring/events.ts";
import { leaseEvents } from "../lease/events.ts";
import { loginEvents } from "../login/events.ts";
import { receiverEvents } from "../receiver/events.ts";
import { resourceEvents } from "../resource/events.ts";
import { securityEvents } from "../security/events.ts";
import { segmentsEvents } from "../segments/events.ts";
import { serverEvents } from "../server/events.ts";
import { subjectEvents } from "../subject/events.ts";
import { tokenEvents } from "../token/events.ts";
import { upstreamEvents } from "../upstream/events.ts";

/** Every event there is, by its stream's aggregate word. Readers, docs and fixtures derive from it; there is no second list. */
export const catalogue = {
  grant: grantEvents,
  issuance: issuanceEvents,
  token: tokenEvents,
  client: clientEvents,
  keyring: keyringEvents,
  resource: resourceEvents,
  consent: consentEvents,
  device: deviceEvents,
  subject: subjectEvents,
  login: loginEvents,
  security: securityEvents,
  segments: segmentsEvents,
  lease: leaseEvents,
  audit: auditEvents,
  gateway: gatewayEvents,
  flag: flagEvents,
  finding: findingEvents,
  receiver: receiverEvents,
  server: serverEvents,
  upstream: upstreamEvents,
  bridge: bridgeEvents,
} as const satisfies Readonly<Record<string, AnyEventDefinitions>>;

export type StreamName = keyof typeof catalogue;

/** How the streams of each kind are named, and what one is about. */
export const streams: Readonly<Record<StreamName, { readonly pattern: string; readonly about: string }>> = {
  grant: { pattern: "grant-{id}", about: "One authorization, with its code, refresh tokens and access tokens." },
  issuance: { pattern: "issuance-{writer}-{yyyymmddhh}", about: "Access tokens without a grant, by the instance that issued them." },
  token: { pattern: "token-{jti}", about: "The revocation of an access token without a grant." },
  client: { pattern: "client-{id}", about: "A registered client." },
  keyring: { pattern: "keyring-{region}", about: "The signing keys of a region." },
  resource: { pattern: "resource-{id}", about: "An MCP server that tokens are for." },
  consent: { pattern: "consent-{subject}-{client}", about: "What one person lets one client have." },
  device: { pattern: "device-{id}", about: "What a person decided about a device that asked for access." },
  subject: { pattern: "subject-{id}", about: "A person, by a random id." },
  login: { pattern: "login-{keyed hash of iss, sub}", about: "Which subject a login belongs to." },
  security: { pattern: "security-{writer}-{yyyymmdd}", about: "What strangers caused, counted per minute." },
  segments: { pattern: "segments-{region}", about: "The closed days of the log, and what may not be dropped of it." },
  lease: { pattern: "lease-{duty}", about: "Which process works at a duty that one at a time may do." },
  audit: { pattern: "audit-{writer}-{yyyymmdd}", about: "Who read the audit log, and what they asked." },
  gateway: { pattern: "gateway-{writer}-{yyyymmddhh}", about: "What the MCP gateway decided about calls." },
  flag: { pattern: "flag-{name}", about: "Whom a capability is on for." },
  finding: { pattern: "finding-{id}", about: "One anomaly, and what was done about it." },
  receiver: { pattern: "receiver-{client}", about: "The stream of signals (SSF) of one receiver." },
  server: { pattern: "server-{name}", about: "A third-party MCP server behind the gateway." },
  upstream: { pattern: "upstream-{user}-{server}", about: "What a provider lets us do at one server for one person." },
  bridge: { pattern: "bridge-{id}", about: "A client registered at another directory through the bridge." },
};

/** The definitions of the stream called `stream` (`grant-eu1…`), undefined for a stream this release does not know. */
export function definitionsOf(stream: string): AnyEventDefinitions | undefined {
  const word = stream.slice(0, Math.max(0, stream.indexOf("-")));
  return Object.hasOwn(catalogue, word) ? catalogue[word as StreamName] : undefined;
}
