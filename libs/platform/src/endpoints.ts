import { adminEndpoints } from "@grantline/admin";
import { authorizeEndpoints } from "@grantline/oauth/authorize";
import { consentEndpoints } from "@grantline/oauth/consent";
import { deviceAuthorizationEndpoints } from "@grantline/oauth/device-authorization";
import { deviceVerificationEndpoints } from "@grantline/oauth/device-verification";
import type { Endpoint } from "@grantline/oauth/http";
import { introspectionEndpoints } from "@grantline/oauth/introspection";
import { jwksEndpoints } from "@grantline/oauth/jwks";
import { loginEndpoints } from "@grantline/oauth/login";
import { logoutEndpoints } from "@grantline/oauth/logout";
import { metadataEndpoints } from "@grantline/oauth/metadata";
import { stylesheetEndpoints } from "@grantline/oauth/pages";
import { parEndpoints } from "@grantline/oauth/par";
import { registrationEndpoints } from "@grantline/oauth/registration";
import { revocationEndpoints } from "@grantline/oauth/revocation";
import { tokenEndpoints } from "@grantline/oauth/token";
import { userinfoEndpoints } from "@grantline/oauth/userinfo";
import { validatorEndpoints } from "@grantline/validators";
import { signalEndpointsOf } from "./alerts.ts";
import type { Platform } from "./platform.ts";

/** What token-service answers: everything a client, an agent or a validator asks while it works. */
export function tokenEndpointsOf(platform: Platform): readonly Endpoint[] {
  const { context } = platform;
  const slices = [
    metadataEndpoints,
    jwksEndpoints,
    authorizeEndpoints,
    parEndpoints,
    loginEndpoints,
    consentEndpoints,
    deviceAuthorizationEndpoints,
    deviceVerificationEndpoints,
    logoutEndpoints,
    stylesheetEndpoints,
    tokenEndpoints,
    introspectionEndpoints,
    revocationEndpoints,
    userinfoEndpoints,
  ];
  return [...slices.flatMap((slice) => slice(context)), ...validatorEndpoints(context), ...signalEndpointsOf(platform)];
}

/** What connects people to third-party servers: pages on the issuer's origin, and the gateway's API. */
export function upstreamEndpointsOf({ upstream }: Platform): readonly Endpoint[] {
  return upstream.endpoints;
}

/** What client-registry answers: registration, and the admin API with the description of all that `described` names. */
export function registryEndpointsOf({ context, fetcher, upstream }: Platform, described: readonly Endpoint[] = []): readonly Endpoint[] {
  const own: Endpoint[] = [...registrationEndpoints(context, { fetcher }), ...upstream.adminEndpoints];
  own.push(...adminEndpoints({ ...context, allEndpoints: () => [...described, ...own] }));
  return own;
}

/** Everything a server with all services answers, operations apart; `others` are described with the rest (audit). */
export function endpointsOf(platform: Platform, others: readonly Endpoint[] = []): readonly Endpoint[] {
  const described = [...tokenEndpointsOf(platform), ...upstreamEndpointsOf(platform), ...others];
  return [...described, ...registryEndpointsOf(platform, described)];
}
