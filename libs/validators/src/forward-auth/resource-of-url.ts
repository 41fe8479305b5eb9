import type { RegisteredResource } from "@grantline/domain/resource";
import { findResource } from "@grantline/oauth/resource";
import type { OAuthContext } from "@grantline/oauth/context";

/** Resources are not deeper than this; a longer path is looked up by its beginning. */
const MOST_SEGMENTS = 8;

/** The registered resource a URL belongs to: the longest of its paths that is one. Undefined when none is, or when it is no URL. */
export async function resourceOfUrl(context: Pick<OAuthContext, "resources">, text: string): Promise<RegisteredResource | undefined> {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) return undefined;
  // one spelling for each path: where URL reads it otherwise than written ("/a/%2e%2e/b"), the server behind may do so too, or not
  if (!text.startsWith(url.origin + url.pathname)) return undefined;
  const segments = url.pathname.split("/").slice(1);
  for (let count = Math.min(segments.length, MOST_SEGMENTS); count >= 0; count -= 1) {
    const path = segments.slice(0, count).join("/");
    const found = await findResource(context, count === 0 ? url.origin : `${url.origin}/${path}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
