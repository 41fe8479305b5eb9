import { z } from "zod";
import { alerts, anomalies } from "./areas/anomalies.config.ts";
import { audit } from "./areas/audit.config.ts";
import { bridge } from "./areas/bridge.config.ts";
import { gateway } from "./areas/gateway.config.ts";
import { keys } from "./areas/keys.config.ts";
import { limits } from "./areas/limits.config.ts";
import { people } from "./areas/people.config.ts";
import { cimd, dcr } from "./areas/registration.config.ts";
import { resources } from "./areas/resources.config.ts";
import { secrets } from "./areas/secrets.config.ts";
import { server } from "./areas/server.config.ts";
import { storage } from "./areas/storage.config.ts";
import { telemetry } from "./areas/telemetry.config.ts";
import { tokens } from "./areas/tokens.config.ts";
import { settingsOf } from "./setting.ts";

/** The one schema of all settings. Its shape is the shape of the file; each leaf knows its environment variable. */
export const settingsSchema = z.strictObject({
  server,
  storage,
  people,
  tokens,
  keys,
  secrets,
  dcr,
  cimd,
  resources,
  limits,
  gateway,
  bridge,
  audit,
  anomalies,
  alerts,
  telemetry,
});

/** What the schema gives: every setting with its default filled in, nothing worked out yet. */
export type Settings = z.infer<typeof settingsSchema>;

export const allSettings = settingsOf(settingsSchema);

/** Headings of the reference. */
export const AREA_TITLES: Readonly<Record<keyof Settings, string>> = {
  server: "Server",
  storage: "Storage",
  people: "People and administration",
  tokens: "Tokens and lifetimes",
  keys: "Keys",
  secrets: "Secrets",
  dcr: "Dynamic client registration",
  cimd: "Client ID Metadata Documents",
  resources: "Resources",
  limits: "Limits",
  gateway: "Gateway",
  bridge: "Registration bridge",
  audit: "Audit",
  anomalies: "Anomalies",
  alerts: "Alerts",
  telemetry: "Logs, metrics and traces",
};
