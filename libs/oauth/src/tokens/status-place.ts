import type { Clock, OAuthContext, OAuthSettings, Random, StatusPlace, StatusPlaces } from "../context/index.ts";
import { parseLocator } from "./locator.ts";

/** Places of one list: 1 KiB of bits, the same for every list, so that its size tells nothing. */
export const PLACES = 8_192;

/** A list is begun anew after so long, seconds: one whose tokens have all ended is not asked for any more. */
const LIST_LASTS = 3_600;

/** Where a list is published. Its name has no character that needs escaping. */
export function statusListUri({ origin, basePath }: Pick<OAuthSettings, "origin" | "basePath">, list: string): string {
  return `${origin}${basePath}/status/${list}`;
}

/** The place of a token without a grant follows from its locator: nobody else has it, and nothing needs to be kept. Undefined for a token of a grant. */
export function issuedPlace(jti: string): StatusPlace | undefined {
  const locator = parseLocator(jti);
  if (locator?.in !== "issuance") return undefined;
  const dot = jti.indexOf(".");
  const revision = Number(jti.slice(dot + 1));
  return { list: `${jti.slice(0, dot)}.${Math.floor(revision / PLACES)}`, idx: revision % PLACES };
}

/** For tokens of grants: lists with a random name, so no two processes share one and places are given without asking anybody. The token's event keeps it. */
export function createStatusPlaces({ clock, random }: { readonly clock: Clock; readonly random: Random }): StatusPlaces {
  let list = "";
  let next = PLACES;
  let until = 0;
  return {
    next() {
      const now = clock.now();
      if (next >= PLACES || now >= until) {
        list = `g.${random.hex(8)}`;
        next = 0;
        until = now + LIST_LASTS;
      }
      return { list, idx: next++ };
    },
  };
}

/** What to record of a new token's status; nothing where no status lists are kept. */
export function statusOf(
  { settings, statusPlaces }: Pick<OAuthContext, "settings" | "statusPlaces">,
  jti: string,
): { readonly status?: StatusPlace } {
  if (settings.statusList !== true) return {};
  const status = issuedPlace(jti) ?? statusPlaces?.next();
  return status === undefined ? {} : { status };
}
