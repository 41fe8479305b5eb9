import { OAuthError } from "@grantline/oauth/errors";
import { json, type Endpoint, type HttpRequest, type HttpResponse } from "@grantline/oauth/http";
import { signalsResource } from "@grantline/oauth/resource";
import type { z } from "zod";
import type { SsfContext } from "./context.ts";
import { pollSets } from "./poll.handler.ts";
import { metadataOperation, operationOf, type metadataSchema, type OperationId } from "./ssf.openapi.ts";
import {
  createStream,
  deleteStream,
  readStatusOf,
  readStream,
  replaceStream,
  updateStatus,
  updateStream,
  verifyStream,
} from "./stream.handler.ts";
import { POLL, PUSH } from "./stream.request.ts";

/** This server as a transmitter of the Shared Signals Framework 1.0. */
export function ssfEndpoints(context: SsfContext): readonly Endpoint[] {
  const { basePath } = context.oauth.settings;
  // SSF 1.0 §7.2.1: the well-known part stands before the issuer's path; at the root too, where there is no other issuer that could be meant
  const places = [...new Set([`/.well-known/ssf-configuration${basePath}`, "/.well-known/ssf-configuration"])];
  return [...places.map((path, index) => metadata(context, path, index)), ...OPERATIONS.map((operation) => endpoint(context, operation))];
}

interface Operation {
  readonly id: OperationId;
  readonly method: Endpoint["method"];
  readonly path: string;
  readonly summary: string;
  readonly handle: (context: SsfContext, request: HttpRequest) => Promise<HttpResponse>;
}

const OPERATIONS: readonly Operation[] = [
  { id: "create-stream", method: "POST", path: "/stream", summary: "Create the receiver's stream", handle: createStream },
  { id: "read-stream", method: "GET", path: "/stream", summary: "Read the receiver's stream", handle: readStream },
  { id: "update-stream", method: "PATCH", path: "/stream", summary: "Change the receiver's stream", handle: updateStream },
  { id: "replace-stream", method: "PUT", path: "/stream", summary: "Replace the stream's configuration", handle: replaceStream },
  { id: "delete-stream", method: "DELETE", path: "/stream", summary: "Delete the receiver's stream", handle: deleteStream },
  { id: "read-status", method: "GET", path: "/status", summary: "Is the stream enabled, paused or disabled?", handle: readStatusOf },
  { id: "update-status", method: "POST", path: "/status", summary: "Enable, pause or disable the stream", handle: updateStatus },
  { id: "verify", method: "POST", path: "/verify", summary: "Ask for a verification event", handle: verifyStream },
  {
    id: "poll",
    method: "POST",
    path: "/poll/:stream_id",
    summary: "Fetch and acknowledge security event tokens (RFC 8936)",
    handle: pollSets,
  },
];

function endpoint(context: SsfContext, { id, method, path, summary, handle }: Operation): Endpoint {
  return {
    id: `ssf-${id}`,
    method,
    path: `/ssf/v1${path}`,
    audience: "program",
    ...(method === "GET" || method === "DELETE" ? {} : { accepts: "json" }),
    openapi: operationOf(id, path, summary, signalsResource(context.oauth.settings)),
    handle: (request) => {
      if (!context.oauth.flags.enabled("alerts.ssf"))
        throw new OAuthError("temporarily_unavailable", "capability-off", "Shared signals are switched off on this server.");
      return handle(context, request);
    },
  };
}

/** SSF 1.0 §7.1 */
function metadata({ oauth: { settings } }: SsfContext, path: string, index: number): Endpoint {
  const base = signalsResource(settings);
  return {
    id: index === 0 ? "ssf-configuration" : "ssf-configuration-root",
    method: "GET",
    path,
    audience: "program",
    cors: true,
    timeless: true,
    openapi: metadataOperation,
    handle: () =>
      json(200, {
        spec_version: "1_0",
        issuer: settings.issuer,
        jwks_uri: `${settings.issuer}/jwks`,
        delivery_methods_supported: [PUSH, POLL],
        configuration_endpoint: `${base}/stream`,
        status_endpoint: `${base}/status`,
        verification_endpoint: `${base}/verify`,
        authorization_schemes: [{ spec_urn: "urn:ietf:rfc:6749" }],
        default_subjects: "ALL",
      } satisfies z.infer<typeof metadataSchema>),
  };
}
