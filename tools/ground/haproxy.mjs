// HAProxy, for the tests of forward authentication.
import { firstOf, installed } from "./debian.mjs";

export const bringHaproxy = () =>
  installed({ find: firstOf(["/usr/sbin/haproxy"]), packages: ["haproxy"], what: "HAProxy for the gateway tests" });
