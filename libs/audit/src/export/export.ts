import { createHash } from "node:crypto";
import { START, type EventStore, type Position } from "@grantline/event-store";
import { describeQuery, type ReplayQuery } from "../replay/query.ts";
import { replay, type ReplayOptions } from "../replay/replay.ts";
import type { AuditEvent } from "../replay/audit-event.ts";
import type { ExportFormat } from "./format.ts";
import { signManifest, type ManifestSigner, type SignedManifest } from "./manifest.ts";

export interface ExportOptions extends Pick<ReplayOptions, "head" | "after" | "onProgress"> {
  /** Which release wrote it. */
  readonly version: string;
  readonly signer?: ManifestSigner;
  /** The signed checkpoint that covers a position, as text; undefined when there is none. */
  readonly checkpointAt?: (position: Position) => Promise<string | undefined>;
}

export interface AuditExport {
  readonly head: Position;
  readonly after: Position;
  /** The pieces of the file. To be read once. */
  readonly pieces: AsyncIterable<string | Uint8Array>;
  /** What was written, signed; only when `pieces` has been read to its end. Throws before. */
  manifest(fileName: string): Promise<SignedManifest>;
}

/** A replay written down in a format, with what vouches for it. */
export async function exportEvents(
  store: EventStore,
  query: ReplayQuery,
  format: ExportFormat,
  options: ExportOptions,
): Promise<AuditExport> {
  const { head, after, pages } = await replay(store, query, { ...options, withOrigins: format.needsOrigins });
  const sha256 = createHash("sha256");
  const written = { count: 0, bytes: 0, done: false };

  async function* counted(): AsyncGenerator<readonly AuditEvent[]> {
    for await (const page of pages) {
      written.count += page.length;
      yield page;
    }
  }

  async function* hashed(): AsyncGenerator<string | Uint8Array> {
    for await (const piece of format.write(counted(), { continued: after !== START })) {
      sha256.update(piece);
      written.bytes += Buffer.byteLength(piece);
      yield piece;
    }
    written.done = true;
  }

  return {
    head,
    after,
    pieces: hashed(),
    async manifest(name) {
      if (!written.done) throw new Error("an export has its manifest when it has been written to its end");
      const checkpoint = await options.checkpointAt?.(head);
      const manifest = {
        generator: { name: "grantline", version: options.version },
        format: format.id,
        query: describeQuery(query),
        from: after,
        to: head,
        count: written.count,
        files: [{ name, bytes: written.bytes, sha256: sha256.digest("hex") }],
        ...(checkpoint === undefined ? {} : { checkpoint }),
      } as const;
      return signManifest(manifest, options.signer);
    },
  };
}
