import { Worker } from "node:worker_threads";
import { fromFailure } from "./errors.ts";
import type { OpenTransport, Transport } from "./transport.ts";
import type { FromWriter, ToWriter, WriterData } from "./writer-messages.ts";

/** The writer as a thread of this process. The thread runs from source as from dist: it has this module's own ending. */
export function threadTransport(data: WriterData): OpenTransport {
  return (events) =>
    new Promise((resolve, reject) => {
      const url = new URL(import.meta.url.endsWith(".ts") ? "./writer.worker.ts" : "./writer.worker.js", import.meta.url);
      const worker = new Worker(url, {
        workerData: data,
        // a profile of the process is one of its writer too: it takes a good part of the time
        execArgv: ["--disable-warning=ExperimentalWarning", ...process.execArgv.filter((flag) => flag.startsWith("--cpu-prof"))],
        resourceLimits: { maxYoungGenerationSizeMb: 16 },
      });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      const say = (message: ToWriter) => worker.postMessage(message);
      let state: "opening" | "open" | "ended" = "opening";
      const end = (why: string) => {
        const before = state;
        state = "ended";
        if (before === "opening") reject(new Error(why));
        else if (before === "open") events.down(why);
      };
      const transport: Transport = {
        send: (id, batch) => say({ kind: "append", id, batch }),
        close: () => {
          state = "ended";
          return new Promise((closed) => {
            worker.once("exit", () => closed());
            say({ kind: "close" });
          });
        },
      };
      worker.on("message", (message: FromWriter) => {
        if (message.kind === "replies") events.replies(message.id, message.replies);
        else if (message.kind === "ready") {
          state = "open";
          resolve(transport);
        } else if (message.kind === "failed") reject(fromFailure(message.failure));
      });
      worker.once("error", (error) => end(`the writer thread failed: ${String(error)}`));
      worker.once("exit", () => end("the writer thread ended"));
    });
}
