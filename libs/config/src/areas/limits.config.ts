import { z } from "zod";
import { whole } from "../kinds.ts";

/** What one caller may ask for. Addresses are limited for failures and anonymous writes only. */
export const limits = z.strictObject({
  failures: whole({ min: 1, max: 1_000_000, default: 300 }, {
    env: "GRANTLINE_LIMIT_FAILURES", doc: "Failed requests per address (IPv6: /64) and minute before it has to wait.",
  }),
  anonymousWrites: whole({ min: 1, max: 1_000_000, default: 60 }, {
    env: "GRANTLINE_LIMIT_ANONYMOUS_WRITES", doc: "Requests without authentication that make us store something, per address and minute.",
  }),
  logins: whole({ min: 1, max: 1_000_000, default: 10 }, {
    env: "GRANTLINE_LIMIT_LOGINS", doc: "Failed logins per login name and per address in a minute; the wait grows with each further one.",
  }),
  client: whole({ min: 0, max: 10_000_000, default: 0 }, {
    env: "GRANTLINE_LIMIT_CLIENT", doc: "Authenticated requests per client and minute, where the client has no limit of its own. 0 is unlimited.",
  }),
  body: whole({ min: 1024, max: 10_485_760, default: 65_536 }, {
    env: "GRANTLINE_LIMIT_BODY", doc: "Largest request body in bytes; anything larger gets 413.",
  }),
});
