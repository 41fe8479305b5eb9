import { chmodSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { createFrameReader, encodeFrame } from "./frames.ts";
import type { AppendBatch, AppendReplies } from "./wire.ts";

export interface PeerRequest {
  readonly id: number;
  readonly batch: AppendBatch;
}
export interface PeerReply {
  readonly id: number;
  readonly replies: AppendReplies;
}

/** Serves the writer to other processes of the same user through a unix socket. */
export async function listenForPeers(
  path: string,
  onAppend: (batch: AppendBatch, answer: (replies: AppendReplies) => void) => void,
): Promise<{ close(): Promise<void> }> {
  // Left behind by a killed process; the claim on the file says that nobody serves it now.
  rmSync(path, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const read = createFrameReader<PeerRequest>(({ id, batch }) => {
      onAppend(batch, (replies) => {
        if (socket.writable) socket.write(encodeFrame({ id, replies } satisfies PeerReply));
      });
    });
    socket.on("data", (chunk) => {
      try {
        read(chunk);
      } catch (error) {
        // Not one of ours, or of another release: it must not take the writer down.
        socket.destroy(error instanceof Error ? error : undefined);
      }
    });
    // A broken connection is the peer's to notice: its appends are committed or not, and it asks again.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroySoon();
      }),
  };
}
