import { hash } from "node:crypto";
import type { OAuthContext } from "../context/index.ts";
import type { Endpoint } from "../http/index.ts";
import { STYLE } from "./style.ts";

const VERSION = hash("sha256", STYLE, "hex").slice(0, 16);

/** Where the stylesheet is; the hash in the query changes with its content, so it may be cached for ever. */
export function stylesheetPath(basePath: string): string {
  return `${basePath}/assets/style.css?v=${VERSION}`;
}

/** What the pages need served beside them: one stylesheet, no script. */
export function stylesheetEndpoints(context: Pick<OAuthContext, "settings">): readonly Endpoint[] {
  return [
    {
      id: "stylesheet",
      method: "GET",
      path: `${context.settings.basePath}/assets/style.css`,
      audience: "person",
      handle: () => ({
        status: 200,
        headers: {
          "content-type": "text/css; charset=utf-8",
          "cache-control": "public, max-age=31536000, immutable",
          "x-content-type-options": "nosniff",
        },
        body: STYLE,
      }),
    },
  ];
}
