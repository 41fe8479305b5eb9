import type { ConsentedScopes } from "@grantline/domain/consent";
import { IDENTITY_WORDS } from "../consent-form/index.ts";
import type { OAuthContext } from "../context/index.ts";
import { clean } from "../pages/index.ts";

/** What was allowed at one place, in plain words. */
export interface AllowedScopes {
  readonly where: string;
  readonly words: readonly string[];
}

/** A consent as its person reads it. A resource, or a scope of one, that is gone goes by its bare name. */
export async function describeAllowed(
  context: Pick<OAuthContext, "resources">,
  scopes: ConsentedScopes,
): Promise<readonly AllowedScopes[]> {
  return Promise.all(
    Object.entries(scopes).map(async ([resourceId, names]) => {
      if (resourceId === "") return { where: "About you", words: names.map((name) => IDENTITY_WORDS[name] ?? name) };
      const { state } = await context.resources.load(resourceId);
      if (state.status !== "active") return { where: "A server that is gone", words: names };
      const words = names.map((name) => clean(state.scopes.find((scope) => scope.name === name)?.description) ?? name);
      return { where: clean(state.name) ?? state.uri, words };
    }),
  );
}
