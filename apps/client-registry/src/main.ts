import { registryEndpointsOf, tokenEndpointsOf, upstreamEndpointsOf } from "@grantline/platform";
import { runService } from "@grantline/service";

/** Registration (RFC 7591, RFC 7592), and the admin API. Any number of instances; each puts the bootstrap client and the declared resources in place. */
runService({
  name: "client-registry",
  bootstraps: true,
  // The admin API serves the description of the whole platform, whichever service answers.
  open: ({ platform }) => ({ endpoints: registryEndpointsOf(platform, [...tokenEndpointsOf(platform), ...upstreamEndpointsOf(platform)]) }),
});
