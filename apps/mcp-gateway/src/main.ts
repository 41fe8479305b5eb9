import { openGatewayOf, upstreamEndpointsOf } from "@grantline/platform";
import { runService } from "@grantline/service";

/** MCP servers of others behind our own authorization, and how people connect their accounts at them. Any number of instances. */
runService({
  name: "mcp-gateway",
  open: ({ platform, config, instruments: { log, metrics } }) => {
    const gateway = openGatewayOf({ platform, config, log, metrics });
    return { endpoints: [...upstreamEndpointsOf(platform), ...gateway.endpoints], close: gateway.close };
  },
});
