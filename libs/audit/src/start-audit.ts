import type { EventStore } from "@grantline/event-store";
import type { SigningKeyVault } from "@grantline/keys";
import type { Endpoint, HttpRequest } from "@grantline/oauth/http";
import { openCheckpointKey, type Segments } from "./checkpoint/checkpoint-key.ts";
import { createFolderSink, type CheckpointSink } from "./checkpoint/checkpoint-sink.ts";
import { checkpointEndpoints } from "./checkpoint/checkpoint.endpoints.ts";
import type { NoteSigner } from "./note/note.ts";
import { closeSegments } from "./segments/close-segments.ts";
import type { TreeStore } from "./tree/port.ts";
import { createTreeGrower, type GrowerLog, type TreeGrower } from "./tree/tree-grower.ts";

export interface AuditOptions {
  readonly store: EventStore;
  readonly treeStore: TreeStore;
  /** Where the private part of the checkpoint key is kept, wrapped under the KEK. */
  readonly vault: SigningKeyVault;
  /** `runtime.repository(segmentsDecider)`. */
  readonly segments: Segments;
  readonly region: string;
  /** Issuer of the installation; with the region it names the log in every checkpoint. */
  readonly issuer: string;
  readonly clock: { /** Epoch seconds. */ now(): number };
  readonly log: GrowerLog;
  /** Who may ask for inclusion proofs; rejects with OAuthError. */
  readonly authorize: (request: HttpRequest) => Promise<unknown>;
  /** GRANTLINE_AUDIT_CHECKPOINT_DIR. */
  readonly checkpointDir?: string;
  /** More places off the box. */
  readonly sinks?: readonly CheckpointSink[];
  /** Of several processes the one that lets the tree grow. */
  readonly lease?: { held(): boolean };
  /** False in a process that only serves the endpoints. Default true. */
  readonly grows?: boolean;
}

export interface Audit {
  /** Signs checkpoints, and archives. */
  readonly signer: NoteSigner;
  readonly endpoints: readonly Endpoint[];
  /** Undefined where this process only serves. */
  readonly grower?: TreeGrower;
  close(): Promise<void>;
}

/** `https://auth.example.com/oauth` in region eu1 → `auth.example.com/oauth/eu1`: C2SP asks for a schema-less URL. */
export function originOf(issuer: string, region: string): string {
  return `${issuer
    .replace(/^https?:\/\//, "")
    .replace(/\/+$/, "")
    .replace(/[\s+]/g, "-")}/${region}`;
}

/** Grows and signs the tree, closes days, and serves checkpoints and proofs (P10, P13). The key is made at the first start. */
export async function startAudit(options: AuditOptions): Promise<Audit> {
  const { store, treeStore, vault, segments, region, clock, log, authorize } = options;
  const signer = await openCheckpointKey({ vault, segments, region, clock, origin: originOf(options.issuer, region) });
  const { verifier } = signer;
  const endpoints = checkpointEndpoints({ store, treeStore, verifier, authorize });
  if (options.grows === false) return { signer, endpoints, close: async () => undefined };
  const folder = options.checkpointDir === undefined ? [] : [createFolderSink(options.checkpointDir, verifier.vkey)];
  const grower = createTreeGrower({
    store,
    treeStore,
    signer,
    clock,
    log,
    sinks: [...folder, ...(options.sinks ?? [])],
    ...(options.lease === undefined ? {} : { lease: options.lease }),
    afterRound: async (growth) => {
      for (const day of await closeSegments(growth, { segments, region, signer, clock })) log.info({ day }, "a day of the log was closed");
    },
  });
  grower.start();
  return { signer, endpoints, grower, close: () => grower.close() };
}
