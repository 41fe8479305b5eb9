import { bridgeEndpoints, registryAnswers } from "@grantline/bridge";
import { runService } from "@grantline/service";

/** Registration for clients of other directories; here into our own registry. */
runService({
  name: "dcr-bridge",
  open: ({ config }) => {
    const settings = { registryUrl: config.bridge.registryUrl ?? `${config.server.issuer}/register` };
    return { endpoints: bridgeEndpoints(settings), checks: { registry: () => registryAnswers(settings) } };
  },
});
