// nginx, for the tests of forward authentication.
import { firstOf, installed } from "./debian.mjs";

export const bringNginx = () => installed({ find: firstOf(["/usr/sbin/nginx"]), packages: ["nginx"], what: "nginx for the gateway tests" });
