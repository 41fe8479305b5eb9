import { z } from "zod";
import { pollAnswerSchema } from "./poll.handler.ts";
import { changeSchema, createSchema, POLL, pollSchema, PUSH, statusSchema, verificationSchema } from "./stream.request.ts";
import { streamSchema } from "./stream.response.ts";

type Json = Readonly<Record<string, unknown>>;

/** What the OpenAPI document says of an operation besides its summary. */
export interface Described {
  readonly access: "read" | "manage";
  readonly status: 200 | 201 | 204;
  readonly body?: z.ZodType;
  readonly answer?: z.ZodType;
  /** Is the stream named in the query? */
  readonly streamId?: "optional" | "required";
}

/** Made from the schemas that check requests and type the answers. */
export const DESCRIBED = {
  "create-stream": { access: "manage", status: 201, body: createSchema, answer: streamSchema },
  "read-stream": { access: "read", status: 200, answer: z.union([streamSchema, z.array(streamSchema)]), streamId: "optional" },
  "update-stream": { access: "manage", status: 200, body: changeSchema, answer: streamSchema },
  "replace-stream": { access: "manage", status: 200, body: changeSchema, answer: streamSchema },
  "delete-stream": { access: "manage", status: 204, streamId: "required" },
  "read-status": { access: "read", status: 200, answer: statusSchema, streamId: "required" },
  "update-status": { access: "manage", status: 200, body: statusSchema, answer: statusSchema },
  verify: { access: "manage", status: 204, body: verificationSchema },
  poll: { access: "read", status: 200, body: pollSchema, answer: pollAnswerSchema },
} as const satisfies Readonly<Record<string, Described>>;

export type OperationId = keyof typeof DESCRIBED;

// SSF 1.0 §7.1
export const metadataSchema = z.object({
  spec_version: z.literal("1_0"),
  issuer: z.string(),
  jwks_uri: z.string(),
  delivery_methods_supported: z.array(z.enum([PUSH, POLL])),
  configuration_endpoint: z.string(),
  status_endpoint: z.string(),
  verification_endpoint: z.string(),
  authorization_schemes: z.array(z.object({ spec_urn: z.string() })),
  default_subjects: z.literal("ALL"),
});

const error = { $ref: "#/components/responses/OAuthError" };

export function operationOf(id: OperationId, path: string, summary: string, resource: string): Json {
  const { access, status, body, answer, streamId }: Described = DESCRIBED[id];
  const scopes = access === "read" ? ["ssf.read", "ssf.manage"] : ["ssf.manage"];
  const parameters = [
    ...[...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: "path", required: true, schema: { type: "string" } })),
    ...(streamId === undefined ? [] : [{ name: "stream_id", in: "query", required: streamId === "required", schema: { type: "string" } }]),
  ];
  return {
    operationId: `ssf${id.replace(/(^|-)([a-z])/g, (_all, _dash, letter: string) => letter.toUpperCase())}`,
    tags: ["ssf"],
    summary,
    description: `Needs one of the scopes ${scopes.join(", ")}, in a client's own token for ${resource}.`,
    security: scopes.map((scope) => ({ oauth: [scope] })),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, ...jsonContent(body, "input") } }),
    responses: {
      [status]: { description: "Done.", ...(answer === undefined ? {} : jsonContent(answer, "output")) },
      "400": error,
      "401": error,
      "403": error,
      ...(id === "create-stream" ? { "409": error } : { "404": error }),
      "429": error,
      "503": error,
    },
  };
}

export const metadataOperation: Json = {
  tags: ["ssf"],
  summary: "Transmitter configuration metadata (SSF 1.0)",
  responses: { "200": { description: "The metadata.", ...jsonContent(metadataSchema, "output") } },
};

function jsonContent(schema: z.ZodType, io: "input" | "output"): Json {
  // the document says the dialect once, for all
  const { $schema: _dialect, ...described } = z.toJSONSchema(schema, { io, target: "draft-2020-12" });
  return { content: { "application/json": { schema: described } } };
}
