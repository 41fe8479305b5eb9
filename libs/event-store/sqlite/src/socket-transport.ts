import { connect } from "node:net";
import { createFrameReader, encodeFrame } from "./frames.ts";
import type { PeerReply } from "./peer-server.ts";
import type { OpenTransport } from "./transport.ts";

/** The writer of another process, through its socket. */
export function socketTransport(path: string): OpenTransport {
  return (events) =>
    new Promise((resolve, reject) => {
      const socket = connect(path);
      let state: "opening" | "open" | "ended" = "opening";
      socket.on("data", createFrameReader<PeerReply>(({ id, replies }) => events.replies(id, replies)));
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
        if (state === "open") events.down(`the connection to the writer at ${path} broke`);
        state = "ended";
      });
    });
}
