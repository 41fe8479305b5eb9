import { z } from "zod";
import { whole } from "../kinds.ts";

/** What one caller may ask for. Addresses are limited for failures and anonymous writes only. */
export const limits = z.strictObject({
  failures: whole(
    { min: 1, max: 1_000_000, default: 300 },
    {
      env: "GRANTLINE_LIMIT_FAILURES",
      doc: "Failed requests per address (IPv6: /64) and minute before it has to wait.",
    },
  ),
  anonymousWrites: whole(
    { min: 1, max: 1_000_000, default: 60 },
    {
      env: "GRANTLINE_LIMIT_ANONYMOUS_WRITES",
      doc: "Requests without authentication that make us store something (registrations above all), per address and minute.",
    },
  ),
  logins: whole(
    { min: 1, max: 1_000_000, default: 5 },
    {
      env: "GRANTLINE_LIMIT_LOGINS",
      doc: "Failed logins per login name before it has to wait, each time longer, up to 15 minutes. An address has four times as many.",
    },
  ),
  client: whole(
    { min: 0, max: 10_000_000, default: 0 },
    {
      env: "GRANTLINE_LIMIT_CLIENT",
      doc: "Authenticated requests per client and minute, where the client has no limit of its own. 0 is unlimited.",
    },
  ),
});
