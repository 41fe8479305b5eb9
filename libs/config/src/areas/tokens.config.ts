import { z } from "zod";
import { choice, duration } from "../kinds.ts";

const DAY = 86_400;

function lifetimesOf(kind: string, about: string, access: number) {
  const name = kind.toUpperCase();
  return z.strictObject({
    accessToken: duration(
      { min: 10, max: DAY, default: access },
      {
        env: `GRANTLINE_LIFETIME_${name}_ACCESS_TOKEN`,
        doc: `Lifetime of access tokens of ${about}. Clients and resources may have their own.`,
      },
    ),
    refreshIdle: duration(
      { min: 60, max: 400 * DAY, default: 30 * DAY },
      {
        env: `GRANTLINE_LIFETIME_${name}_REFRESH_IDLE`,
        doc: `A refresh token of ${about} not used for this long is dead.`,
      },
    ),
    refreshAbsolute: duration(
      { min: 60, max: 800 * DAY, default: 180 * DAY },
      {
        env: `GRANTLINE_LIFETIME_${name}_REFRESH_ABSOLUTE`,
        doc: `After this long ${about} must be authorized anew, however often the grant was refreshed.`,
      },
    ),
  });
}

/** How long things live, and what tokens look like. */
export const tokens = z.strictObject({
  accessTokenFormat: choice(
    { env: "GRANTLINE_ACCESS_TOKEN_FORMAT", doc: "Format of access tokens where neither the resource nor the client says." },
    ["jwt", "opaque"],
    "jwt",
  ),
  statusList: choice(
    {
      env: "GRANTLINE_STATUS_LIST",
      doc: "`on`: JWT access tokens name their place in a Token Status List (draft-ietf-oauth-status-list), for validators that can neither introspect nor follow the revocation feed.",
    },
    ["off", "on"],
    "off",
  ),
  stepUpNudge: choice(
    {
      env: "GRANTLINE_STEP_UP_NUDGE",
      doc: "`on`: when a resource wanted more scope than a token has (and said so at introspection with `required_scope`, or asked the forward-auth endpoint), the next refresh within a minute is refused once. MCP clients of the 1.x SDK, which refresh where they should ask, then send their user to allow more.",
    },
    ["off", "on"],
    "off",
  ),
  human: lifetimesOf("human", "people", 900),
  service: lifetimesOf("service", "services", 900),
  agent: lifetimesOf("agent", "agents", 900),
  code: duration({ min: 5, max: 600, default: 60 }, { env: "GRANTLINE_LIFETIME_CODE", doc: "Lifetime of authorization codes." }),
  idToken: duration({ min: 10, max: DAY, default: 900 }, { env: "GRANTLINE_LIFETIME_ID_TOKEN", doc: "Lifetime of id tokens." }),
  session: duration(
    { min: 60, max: 30 * DAY, default: 12 * 3600 },
    {
      env: "GRANTLINE_LIFETIME_SESSION",
      doc: "How long a login in the browser lasts.",
    },
  ),
  refreshRetryWindow: duration(
    { min: 0, max: 300, default: 30 },
    {
      env: "GRANTLINE_REFRESH_RETRY_WINDOW",
      doc: "How long after a rotation the replaced refresh token gets the same answer again. 0 turns it off.",
    },
  ),
  parRequest: duration(
    { min: 10, max: 600, default: 90 },
    {
      env: "GRANTLINE_LIFETIME_PAR_REQUEST",
      doc: "Lifetime of a pushed authorization request (RFC 9126).",
    },
  ),
  deviceCode: duration(
    { min: 60, max: 1800, default: 600 },
    {
      env: "GRANTLINE_LIFETIME_DEVICE_CODE",
      doc: "How long a device waits for its person to type its code (RFC 8628).",
    },
  ),
  interaction: duration(
    { min: 60, max: 3600, default: 600 },
    {
      env: "GRANTLINE_LIFETIME_INTERACTION",
      doc: "How long a person may take over the login and consent pages.",
    },
  ),
});
