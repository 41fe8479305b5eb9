import type { Endpoint } from "@grantline/oauth/http";
import type { AdminParts } from "../context.ts";
import { ADMIN_PATH } from "../route/route.ts";
import { openApiDocument } from "./document.ts";

/** GET /admin/v1/openapi.json, for everybody: it says what can be asked, not what is there. */
export function openApiEndpoint(context: Pick<AdminParts, "settings" | "allEndpoints">, own: () => readonly Endpoint[]): Endpoint {
  let body: string | undefined;
  return {
    id: "admin-openapi",
    method: "GET",
    path: `${ADMIN_PATH}/openapi.json`,
    audience: "program",
    cors: true,
    openapi: {
      operationId: "readOpenapi",
      tags: ["openapi"],
      summary: "This document",
      responses: { "200": { description: "OpenAPI 3.1.", content: { "application/json": { schema: { type: "object" } } } } },
    },
    handle: () => {
      body ??= JSON.stringify(openApiDocument(context.allEndpoints?.() ?? own(), context.settings));
      return { status: 200, headers: { "content-type": "application/json", "cache-control": "public, max-age=300" }, body };
    },
  };
}
