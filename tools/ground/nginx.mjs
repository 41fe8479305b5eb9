// nginx, for the tests of forward authentication.
import { bringPackage } from "./gateways.mjs";

export const bringNginx = () => bringPackage("nginx", "/usr/sbin/nginx", "the gateway tests");
