import { bridgeEndpoints, registryAnswers } from "@grantline/bridge";
import { openBridge } from "@grantline/platform";
import { runService, type Serving, type ServiceParts } from "@grantline/service";

/** Registration for clients of other directories: at one of them, behind a facade, or in our own registry. */
runService({ name: "dcr-bridge", open: (parts) => atTarget(parts) ?? passingOn(parts) });

/** Any number of instances: what one of them left unfinished another goes on with. */
function atTarget({ config, platform, instruments }: ServiceParts): Serving | undefined {
  const bridge = openBridge({ platform, config, instruments, env: process.env });
  if (bridge === undefined) return undefined;
  const duties = bridge.startDuties();
  return {
    endpoints: bridge.endpoints,
    close: async () => {
      await duties.close();
      await bridge.close();
    },
  };
}

function passingOn({ config }: ServiceParts): Serving {
  const settings = { registryUrl: config.bridge.registryUrl ?? `${config.server.issuer}/register` };
  return { endpoints: bridgeEndpoints(settings), checks: { registry: () => registryAnswers(settings) } };
}
