import { OAuthError } from "../errors/index.ts";
import type { Parameters } from "../http/index.ts";

/** How the answer goes to the client, errors of the request too: absent, by the query. Throws nothing, for errors need a way out. */
export function answerMode(parameters: Parameters, redirectUri: string): "form_post" | undefined {
  const [mode, second] = parameters.all("response_mode");
  return mode === "form_post" && second === undefined && takesForms(redirectUri) ? mode : undefined;
}

/** OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode §2. Throws `invalid_request` for every other mode. */
export function requireKnownMode(parameters: Parameters, redirectUri: string): void {
  const mode = parameters.get("response_mode");
  if (mode === undefined || mode === "query") return;
  // A code in a fragment is one more script's to read, and no server's
  if (mode !== "form_post") throw malformed("response_mode must be query or form_post.");
  if (!takesForms(redirectUri)) throw malformed("response_mode form_post needs an http or https redirect URI.");
}

function takesForms(redirectUri: string): boolean {
  return /^https?:/.test(redirectUri);
}

function malformed(description: string): OAuthError {
  return new OAuthError("invalid_request", "parameter-malformed", description);
}
