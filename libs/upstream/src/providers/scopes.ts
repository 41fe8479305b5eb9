import type { UpstreamContext } from "../context.ts";
import { builtIn } from "./built-in.ts";
import { PLAIN } from "./provider.ts";

export interface ScopeRules {
  /** False: what may be done is settled elsewhere, and scopes are not looked at. */
  readonly governed: boolean;
  readonly canonical: (scope: string) => string;
}

/** How a provider treats scopes, as far as can be said without asking anybody. */
export function scopeRules({ gateway }: Pick<UpstreamContext, "gateway">, provider: string): ScopeRules {
  const settings = gateway.providers.find(({ name }) => name === provider);
  const traits = settings === undefined || settings.kind === "custom" ? PLAIN : builtIn(settings).traits;
  return { governed: traits.scopesGoverned, canonical: traits.canonicalScope };
}
