import { adminEndpoints } from "@grantline/admin";
import { authorizeEndpoints } from "@grantline/oauth/authorize";
import { consentEndpoints } from "@grantline/oauth/consent";
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
import type { Platform } from "./embedded.ts";

/** Everything a server with all services answers, operations apart. */
export function endpointsOf({ context, fetcher }: Platform): readonly Endpoint[] {
  const slices = [
    metadataEndpoints,
    jwksEndpoints,
    authorizeEndpoints,
    parEndpoints,
    loginEndpoints,
    consentEndpoints,
    logoutEndpoints,
    stylesheetEndpoints,
    tokenEndpoints,
    introspectionEndpoints,
    revocationEndpoints,
    userinfoEndpoints,
  ];
  const all: Endpoint[] = slices.flatMap((slice) => slice(context));
  all.push(...registrationEndpoints(context, { fetcher }));
  all.push(...adminEndpoints({ ...context, allEndpoints: () => all }));
  return all;
}
