import { z } from "zod";
import { duration, flag, list, optionalFlag } from "../kinds.ts";

const DAY = 86_400;

/** Dynamic client registration (RFC 7591, RFC 7592). */
export const dcr = z.strictObject({
  enabled: flag(true, { env: "GRANTLINE_DCR", doc: "Whether clients may register themselves." }),
  initialAccessTokens: list(z.string().min(16).max(512), [], {
    env: "GRANTLINE_DCR_INITIAL_ACCESS_TOKENS",
    secret: true,
    allowed: "a list of secrets of 16 to 512 characters",
    defaultText: "none: registration is open",
    doc: "When there are any, a registration must carry one of them as bearer token.",
  }),
  unusedLifetime: duration(
    { min: 3600, max: 800 * DAY, default: 30 * DAY },
    {
      env: "GRANTLINE_DCR_UNUSED_LIFETIME",
      doc: "A self-registered client without a live grant expires after this long.",
    },
  ),
  redirectSchemes: list(z.string().regex(/^[a-z][a-z0-9+.-]*$/), [], {
    env: "GRANTLINE_DCR_REDIRECT_SCHEMES",
    allowed: "a list of URI schemes without the colon",
    doc: "Private-use schemes that redirect URIs of self-registered and CIMD clients may have, beside https and http on a loopback host.",
  }),
});

/** Client ID Metadata Documents. */
export const cimd = z.strictObject({
  enabled: flag(true, { env: "GRANTLINE_CIMD", doc: "Whether a client may be known by the https URL of its metadata document." }),
  allowInsecureLoopback: optionalFlag({
    env: "GRANTLINE_CIMD_ALLOW_INSECURE_LOOPBACK",
    defaultText: "`true` outside production, `false` in production",
    doc: "Whether such a URL may be http on a loopback host.",
  }),
});
