import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { createFrameReader, encodeFrame } from "./frames.ts";
import type { PeerReply } from "./peer-server.ts";
import type { OpenTransport, Transport, TransportEvents } from "./transport.ts";

/** How long the owner may take to appear: processes of one server start side by side. */
const PATIENCE_MS = 10_000;
const STEP_MS = 50;

/** The writer of another process, through its socket. */
export function socketTransport(path: string): OpenTransport {
  return async (events) => {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await dial(path, events);
      } catch (error) {
        if (performance.now() > end) throw error;
        await pause(STEP_MS);
      }
    }
  };
}

function dial(path: string, events: TransportEvents): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let state: "opening" | "open" | "ended" = "opening";
    socket.on(
      "data",
      createFrameReader<PeerReply>(({ id, replies }) => events.replies(id, replies)),
    );
    socket.once("connect", () => {
      state = "open";
      resolve({
        send: (id, batch) => void socket.write(encodeFrame({ id, batch })),
        close: () => {
          state = "ended";
          return new Promise((closed) => {
            socket.once("close", () => closed());
            socket.end();
          });
        },
      });
    });
    socket.on("error", reject);
    socket.once("close", () => {
      if (state === "open") events.down(`the connection to the event writer at ${path} broke`);
      state = "ended";
    });
  });
}
