import type { RegisteredResource } from "@grantline/domain/resource";
import { resourceStreamId, type OAuthContext } from "../context/index.ts";

/**
 * The registered resource a URI names: exact, or its twin with or without the slash when the path is only "/".
 * Undefined when there is none. What goes into `aud` is the registered spelling (`uri` of the answer).
 */
export async function findResource(context: Pick<OAuthContext, "resources">, uri: string): Promise<RegisteredResource | undefined> {
  for (const spelling of [uri, rootTwin(uri)]) {
    if (spelling === undefined) continue;
    const { state } = await context.resources.load(resourceStreamId(spelling));
    if (state.status === "active" && state.uri === spelling) return state;
  }
  return undefined;
}

// Libraries add a slash to a bare origin (mcp-auth.md 3.4); any longer path is compared byte for byte.
function rootTwin(uri: string): string | undefined {
  const bare = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]+(\/?)$/i.exec(uri);
  if (bare === null) return undefined;
  return bare[1] === "/" ? uri.slice(0, -1) : `${uri}/`;
}
