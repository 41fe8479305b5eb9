import type { SignalKind } from "@grantline/domain/receiver";
import { OAuthError } from "@grantline/oauth/errors";
import type { HttpRequest } from "@grantline/oauth/http";
import { z } from "zod";
import { kindOfUri } from "./caep.ts";

export const PUSH = "urn:ietf:rfc:8935";
export const POLL = "urn:ietf:rfc:8936";

const delivery = z.union([
  z.object({
    method: z.literal(PUSH),
    endpoint_url: z.string().min(1).max(2_048),
    authorization_header: z
      .string()
      .min(1)
      .max(4_096)
      .regex(/^[\x20-\x7e]+$/)
      .optional(),
  }),
  // RFC 8936: where to poll is ours to say
  z.object({ method: z.literal(POLL), endpoint_url: z.string().max(2_048).optional() }),
]);
const given = {
  delivery: delivery.optional(),
  events_requested: z.array(z.string().min(1).max(512)).max(100).optional(),
  description: z.string().max(200).optional(),
  // Transmitter-supplied members may be there, and must then be what they are
  iss: z.string().optional(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
};
export const createSchema = z.object(given);
export const changeSchema = z.object({ stream_id: z.string().min(1).max(64), ...given });
export const statusSchema = z.object({
  stream_id: z.string().min(1).max(64),
  status: z.enum(["enabled", "paused", "disabled"]),
  reason: z.string().min(1).max(200).optional(),
});
export const verificationSchema = z.object({ stream_id: z.string().min(1).max(64), state: z.string().min(1).max(200).optional() });
// RFC 8936 §2.4
export const pollSchema = z.object({
  maxEvents: z.int().min(0).max(1_000).default(100),
  returnImmediately: z.boolean().default(false),
  ack: z.array(z.string().max(64)).max(1_000).default([]),
  setErrs: z.record(z.string().max(64), z.object({ err: z.string().max(64), description: z.string().max(2_000).optional() })).default({}),
});

export type Delivery = z.infer<typeof delivery>;
export type StreamInput = z.infer<typeof createSchema>;
export type StreamChange = z.infer<typeof changeSchema>;
export type PollInput = z.infer<typeof pollSchema>;

export const readCreate = (request: HttpRequest): StreamInput => read(createSchema, request);
export const readChange = (request: HttpRequest): StreamChange => read(changeSchema, request);
export const readStatus = (request: HttpRequest): z.infer<typeof statusSchema> => read(statusSchema, request);
export const readVerification = (request: HttpRequest): z.infer<typeof verificationSchema> => read(verificationSchema, request);
export const readPoll = (request: HttpRequest): PollInput => read(pollSchema, request);

/** Unknown members are passed over (SSF may grow some); what is known must be right. Nothing of the request is repeated in the answer. */
function read<S extends z.ZodType>(schema: S, { body }: HttpRequest): z.infer<S> {
  let value: unknown;
  try {
    value = JSON.parse(body ?? "");
  } catch (cause) {
    throw malformed("Send a JSON object.", cause);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw malformed(`Not allowed: ${[...new Set(parsed.error.issues.map(({ path }) => path[0] ?? "body"))].join(", ")}.`);
  return parsed.data;
}

export function malformed(description: string, cause?: unknown): OAuthError {
  return new OAuthError("invalid_request", "parameter-malformed", description, cause === undefined ? {} : { cause });
}

/** SSF 1.0 §8.1.1: what is delivered is what both want; what we do not have is no error. */
export function kindsOf(uris: readonly string[] | undefined): readonly SignalKind[] {
  return [...new Set((uris ?? []).map(kindOfUri).filter((kind) => kind !== undefined))];
}
