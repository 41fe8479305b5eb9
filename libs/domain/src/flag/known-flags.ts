import type { FlagSetting } from "./types.ts";

export interface KnownFlag {
  /** What stops when it is off. */
  readonly about: string;
  /** Where nobody has said anything. */
  readonly byDefault: boolean;
}

/** Every flag there is. Code asks for these only; one that is missing here does not compile. */
export const KNOWN_FLAGS = {
  "gateway.calls": { about: "The MCP gateway passes calls on to servers.", byDefault: true },
  "gateway.upstream": { about: "The gateway gets and attaches people's upstream tokens.", byDefault: true },
  "gateway.elicitation": { about: "The gateway asks people by URL-mode elicitation to connect an account.", byDefault: true },
  "gateway.stdio-bridge": { about: "The gateway starts and serves stdio servers.", byDefault: true },
  "upstream.authorization": { about: "People may connect accounts at upstream providers.", byDefault: true },
  "upstream.discovery": { about: "Authorization servers of MCP servers are discovered and registered with.", byDefault: true },
  "upstream.refresh-ahead": { about: "Upstream tokens are refreshed before they expire.", byDefault: true },
  "bridge.registration": { about: "dcr-bridge registers clients in other directories; the provider is the directory.", byDefault: true },
  "bridge.entra": { about: "dcr-bridge makes app registrations in Microsoft Entra.", byDefault: true },
  "bridge.facade": { about: "dcr-bridge's authorize and token facade before Entra.", byDefault: true },
  "oauth.device-grant": { about: "The device authorization grant.", byDefault: true },
  "anomalies.detection": { about: "The feed is searched for anomalies.", byDefault: true },
  "anomalies.responses": { about: "Findings lead to the responses the policy names; off: they are told only.", byDefault: true },
  "alerts.webhook": { about: "Findings are sent to the webhook.", byDefault: true },
  "alerts.ssf": { about: "Security event tokens are sent to receivers.", byDefault: true },
} as const satisfies Readonly<Record<string, KnownFlag>>;

export type FlagName = keyof typeof KNOWN_FLAGS;

export function isFlagName(name: string): name is FlagName {
  return Object.hasOwn(KNOWN_FLAGS, name);
}

/** What holds for a flag nobody has set. */
export function defaultSetting(name: FlagName): FlagSetting {
  return { enabled: KNOWN_FLAGS[name].byDefault, rollout: 100, providers: {}, clients: { on: [], off: [] } };
}
