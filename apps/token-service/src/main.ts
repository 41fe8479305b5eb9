import { tokenEndpointsOf } from "@grantline/platform";
import { runService } from "@grantline/service";

/** Authorization, tokens, introspection and revocation. Any number of instances. */
runService({ name: "token-service", open: ({ platform }) => ({ endpoints: tokenEndpointsOf(platform) }) });
