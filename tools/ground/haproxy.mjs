// HAProxy, for the tests of forward authentication.
import { bringPackage } from "./gateways.mjs";

export const bringHaproxy = () => bringPackage("haproxy", "/usr/sbin/haproxy", "the gateway tests");
