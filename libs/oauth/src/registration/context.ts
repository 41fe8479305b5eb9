import type { OAuthContext } from "../context/index.ts";
import type { SafeFetch } from "../outbound/index.ts";

/** What registration uses of the whole. `fetcher` only looks where a jwks_uri leads; it fetches nothing here. */
export type RegistrationContext = Pick<OAuthContext, "clients" | "settings" | "clock" | "random" | "limits" | "subjectKeys"> & {
  readonly fetcher: SafeFetch;
};
