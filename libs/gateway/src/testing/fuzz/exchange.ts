import { Agent, request, type IncomingHttpHeaders } from "node:http";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer | undefined;
  readonly chunked: boolean;
}

export interface Told {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Of a stream that would have gone on, so far. */
  readonly whole: boolean;
}

/** An answer must have come whole by then, a stream have begun: far more than a busy machine needs. */
const HANGS_MS = 30_000;
/** How long a stream without an end is listened to. */
const LISTENING_MS = 60;

/** One request as it is, with whatever headers; a stream is left after a moment. Rejects when nothing comes. */
export function exchangeWith(origin: string, agent: Agent) {
  const { hostname, port } = new URL(origin);
  return ({ method, path, headers, body, chunked }: Asked): Promise<Told> =>
    new Promise((resolve, reject) => {
      // said aloud, since Node's client sends the body of a GET without either
      const length = body === undefined ? {} : chunked ? { "transfer-encoding": "chunked" } : { "content-length": String(body.length) };
      const outgoing = request({ host: hostname, port, method, path, agent, headers: { ...headers, ...length } as Record<string, string> });
      const hanging = setTimeout(() => outgoing.destroy(new Error(`no answer to ${method} ${path} in ${HANGS_MS} ms`)), HANGS_MS);
      outgoing.on("error", (error) => {
        clearTimeout(hanging);
        reject(error);
      });
      outgoing.on("response", (incoming) => {
        const { statusCode: status = 0 } = incoming;
        let text = "";
        const end = (whole: boolean): void => {
          clearTimeout(hanging);
          resolve({ status, headers: incoming.headers, body: text, whole });
        };
        incoming.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        incoming.once("end", () => end(true));
        incoming.once("error", reject);
        if (!String(incoming.headers["content-type"]).startsWith("text/event-stream")) return;
        setTimeout(() => {
          if (incoming.complete) return;
          incoming.removeListener("error", reject).on("error", () => undefined);
          end(false);
          outgoing.destroy();
        }, LISTENING_MS);
      });
      if (body === undefined) outgoing.end();
      else outgoing.end(body);
    });
}
