import { bridgeEndpoints, registryAnswers, type BridgeSettings } from "@grantline/bridge";
import { runService, type ServiceParts } from "@grantline/service";

/** Registration for clients of other directories; here into our own registry. */
runService({
  name: "dcr-bridge",
  endpoints: (parts) => bridgeEndpoints(settingsOf(parts)),
  checks: (parts) => ({ registry: () => registryAnswers(settingsOf(parts)) }),
});

function settingsOf({ config }: ServiceParts): BridgeSettings {
  return { registryUrl: config.bridge.registryUrl ?? `${config.server.issuer}/register` };
}
