import type { EventStore } from "@grantline/event-store";
import { type Endpoint, type HttpRequest, type HttpResponse, json, queryOperation, queryParameters } from "@grantline/oauth/http";
import type { NoteVerifier } from "../note/note.ts";
import { leafHash } from "../tree/hashing.ts";
import { leafBytes } from "../tree/leaf.ts";
import type { TreeStore } from "../tree/port.ts";
import { consistencyProof, inclusionProof } from "../tree/proof.ts";
import { createTreeReader, indexOfPosition } from "../tree/tiles.ts";
import { openCheckpoint, type Checkpoint } from "./checkpoint.ts";

export interface CheckpointEndpointsOptions {
  readonly store: EventStore;
  readonly treeStore: TreeStore;
  readonly verifier: NoteVerifier;
  /** Who may ask for the proof of an event: it tells whether a stream exists. Rejects with OAuthError. Checkpoints are for everybody. */
  readonly authorize: (request: HttpRequest) => Promise<unknown>;
}

/** The last checkpoint, its key, and proofs against it or an older size. Proofs and hashes are base64, as in C2SP's formats. */
export function checkpointEndpoints(options: CheckpointEndpointsOptions): readonly Endpoint[] {
  const shared = { method: "GET", audience: "program", cors: true } as const;
  const asked = (summary: string, parameters: readonly string[], required: readonly string[]) =>
    queryOperation({ summary, parameters, required, answers: { "200": "The proof.", "404": "The tree does not have this." } });
  const checkpoint = () => lastCheckpoint(options);
  const published = queryOperation({
    summary: "The last signed checkpoint of the log (C2SP tlog-checkpoint)",
    parameters: [],
    answers: { "200": "A signed note." },
  });
  return [
    // RFC 8615: the well-known place; the second is the one beside the proofs
    { ...shared, id: "checkpoint-well-known", path: "/.well-known/grantline/checkpoint", openapi: published, handle: checkpoint },
    { ...shared, id: "checkpoint", path: "/audit/v1/checkpoint", openapi: published, handle: checkpoint },
    {
      ...shared,
      id: "checkpoint-key",
      path: "/audit/v1/checkpoint.vkey",
      openapi: queryOperation({
        summary: "The key checkpoints are signed with (C2SP signed-note)",
        parameters: [],
        answers: { "200": "A verifier key." },
      }),
      handle: () => plain(`${options.verifier.vkey}\n`, "public, max-age=3600"),
    },
    {
      ...shared,
      id: "proof-inclusion",
      path: "/audit/v1/proof/inclusion",
      openapi: asked("Proves that the tree has an event (RFC 9162 §2.1.3)", ["stream", "revision", "size"], ["stream", "revision"]),
      handle: async (request) => {
        await options.authorize(request);
        return inclusion(options, request);
      },
    },
    {
      ...shared,
      id: "proof-consistency",
      path: "/audit/v1/proof/consistency",
      openapi: asked("Proves that the tree only grew (RFC 9162 §2.1.4)", ["from", "to"], ["from"]),
      handle: (request) => consistency(options, request),
    },
  ];
}

function plain(body: string, caching: string): HttpResponse {
  return { status: 200, headers: { "content-type": "text/plain; charset=utf-8", "cache-control": caching }, body };
}

function refused(status: 400 | 404, error: string, description: string): HttpResponse {
  return json(status, { error, error_description: description });
}

async function lastCheckpoint({ treeStore }: CheckpointEndpointsOptions): Promise<HttpResponse> {
  const note = await treeStore.checkpoint();
  return note === undefined ? refused(404, "not_found", "No checkpoint has been signed yet.") : plain(note, "no-cache");
}

async function signed({ treeStore, verifier }: CheckpointEndpointsOptions): Promise<Checkpoint | undefined> {
  const note = await treeStore.checkpoint();
  return note === undefined ? undefined : openCheckpoint(note, verifier);
}

/** A whole number from 0, undefined when absent or none. */
function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined;
}

async function inclusion(options: CheckpointEndpointsOptions, request: HttpRequest): Promise<HttpResponse> {
  const asked = queryParameters(request.query);
  const [stream, revision] = [asked.get("stream"), whole(asked.get("revision"))];
  if (stream === undefined || revision === undefined)
    return refused(400, "invalid_request", "Give stream, and revision as a whole number.");
  const last = await signed(options);
  const size = asked.get("size") === undefined ? last?.size : whole(asked.get("size"));
  if (last === undefined || size === undefined || size > last.size)
    return refused(404, "not_found", "No checkpoint of this size was signed.");
  const [event] = await options.store.readStream(stream, revision, 1);
  const reader = createTreeReader(options.treeStore);
  const index = event && (await indexOfPosition(reader, size, event.position));
  if (event === undefined || index === undefined) return refused(404, "not_found", "The tree of this size does not have this event.");
  const leaf = leafBytes(event);
  return json(200, {
    leaf_index: index,
    tree_size: size,
    leaf: leaf.toString("base64"),
    leaf_hash: leafHash(leaf).toString("base64"),
    proof: (await inclusionProof(reader.subtree, index, size)).map((hash) => hash.toString("base64")),
    checkpoint: last.note,
  });
}

async function consistency(options: CheckpointEndpointsOptions, request: HttpRequest): Promise<HttpResponse> {
  const asked = queryParameters(request.query);
  const last = await signed(options);
  const from = whole(asked.get("from"));
  const to = asked.get("to") === undefined ? last?.size : whole(asked.get("to"));
  if (from === undefined || (to !== undefined && from > to)) return refused(400, "invalid_request", "Give from, no larger than to.");
  if (last === undefined || to === undefined || to > last.size) return refused(404, "not_found", "No checkpoint of this size was signed.");
  const proof = await consistencyProof(createTreeReader(options.treeStore).subtree, from, to);
  return json(200, { from, to, proof: proof.map((hash) => hash.toString("base64")), checkpoint: last.note });
}
