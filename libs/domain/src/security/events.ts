import type { EventDefinition, EventDefinitions } from "../kernel/index.ts";
import type { SecurityEvent, SecurityEventCount } from "./types.ts";

const fields: EventDefinition<SecurityEventCount>["fields"] = {
  reason: { kind: "public", about: "Why, as a kebab id." },
  count: { kind: "public", about: "How often in that minute." },
  minute: { kind: "public", about: "Start of the minute, epoch seconds." },
  clientId: { kind: "id", about: "The client named, when it is a registered one.", optional: true },
  prefix: { kind: "sealed", about: "Address prefix, under the day's address key.", optional: true },
  endpoint: { kind: "public", about: "The endpoint.", optional: true },
};

/** Stream `security-{writer}-{yyyymmdd}`: what strangers caused, counted (P13). */
export const securityEvents: EventDefinitions<SecurityEvent> = {
  ClientAuthenticationFailed: { version: 1, about: "A client could not prove who it is.", ignorable: true, fields },
  LoginFailed: { version: 1, about: "A login was refused.", ignorable: true, fields },
  RateLimited: { version: 1, about: "Requests were turned away by a limit.", ignorable: true, fields },
  RequestRefused: { version: 1, about: "Requests were refused.", ignorable: true, fields },
  AnomalyDetected: { version: 1, about: "Something looked wrong.", ignorable: true, fields },
};
