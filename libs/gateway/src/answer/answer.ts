import type { HttpResponse } from "@grantline/oauth/http";
import { type Answered, backHeaders, discard, UpstreamFailure } from "../outbound/index.ts";
import type { MessageId } from "../message/message.ts";
import type { ToolPolicy } from "@grantline/domain/server";
import { createEventRewriter, eventOf } from "./event-stream.ts";
import { guardedStream, type Guard, type Incoming } from "./guarded-stream.ts";
import { CODE } from "./mcp-error.ts";
import { withoutHiddenTools } from "./tool-lists.ts";

export interface PassingOn {
  readonly answered: Answered;
  readonly tools: ToolPolicy | undefined;
  /** Of the request that is answered; undefined for a notification, a batch and a stream without a request. */
  readonly id: MessageId | undefined;
  /** More headers for the client: its session. */
  readonly headers: Readonly<Record<string, string>>;
  readonly watch: Guard["watch"];
  /** Told when the server broke off. */
  readonly onCut: (error: unknown) => void;
}

/** Up to here an answer is read whole, so that one that breaks off is an error and not half an answer. */
const WHOLE_BYTES = 262_144;
/** What is looked into has to be read whole. */
const LARGEST_LOOKED_INTO = 8_388_608;

/**
 * What the client gets of an answer that is one (2xx, or an error of the JSON-RPC kind). Throws UpstreamFailure for what no MCP server says: a page, a
 * redirect, something compressed.
 */
export async function passOn(of: PassingOn): Promise<HttpResponse> {
  const { answered, headers } = of;
  const { statusCode: status } = answered;
  const type = mediaTypeOf(answered);
  const back: Readonly<Record<string, string>> = { ...backHeaders(answered.headers), ...headers };
  if (status >= 300 && status < 400) throw await notPassed(answered, "upstream-redirected");
  const encoding = answered.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") throw await notPassed(answered, "upstream-compressed");
  // to a notification some say 200 with nothing, others 204
  if (status === 202 || status === 204 || (status === 200 && of.id === undefined && type === "")) {
    await discard(answered);
    const { "content-type": _nothing, ...bodiless } = back;
    return { status: 202, headers: bodiless };
  }
  if (type === "text/event-stream" && status === 200) return eventStream(of, back);
  if (type !== "application/json") throw await notPassed(answered, "upstream-not-mcp");
  return whole(of, back);
}

async function notPassed(answered: Answered, reason: UpstreamFailure["reason"]): Promise<UpstreamFailure> {
  await discard(answered);
  return new UpstreamFailure(reason, false, new Error(`${answered.statusCode} ${mediaTypeOf(answered)}`));
}

function eventStream({ answered, tools, id, watch, onCut }: PassingOn, headers: Readonly<Record<string, string>>): HttpResponse {
  const rewrite = tools === undefined ? undefined : createEventRewriter((data) => withoutHiddenTools(tools, data), LARGEST_LOOKED_INTO);
  const stream = guardedStream(incomingOf(answered), [], {
    watch,
    ...(rewrite === undefined ? {} : { through: rewrite }),
    onCut: (error) => {
      onCut(error);
      // the client would wait for its answer, or ask again for what may have been done
      return id === undefined
        ? ""
        : `\n\n${eventOf({ jsonrpc: "2.0", id, error: { code: CODE.internal, message: "The MCP server broke off before it had answered." } })}`;
    },
  });
  // nginx would hold events back until its buffer is full
  return { status: 200, headers: { ...headers, "x-accel-buffering": "no" }, stream };
}

async function whole({ answered, tools, watch, onCut }: PassingOn, headers: Readonly<Record<string, string>>): Promise<HttpResponse> {
  const most = tools === undefined ? WHOLE_BYTES : LARGEST_LOOKED_INTO;
  const { statusCode: status } = answered;
  const incoming = incomingOf(answered);
  const read = await readUpTo(incoming, most);
  if (read.complete) {
    const text = Buffer.concat(read.pieces).toString("utf8");
    return { status, headers, body: (tools === undefined ? undefined : withoutHiddenTools(tools, text)) ?? text };
  }
  if (tools !== undefined) {
    incoming.close();
    throw new UpstreamFailure("upstream-too-large", false, undefined);
  }
  const cut = (error: unknown): undefined => void onCut(error);
  return { status, headers, stream: guardedStream(incoming, read.pieces, { watch, onCut: cut }) };
}

function incomingOf({ body }: Answered): Incoming {
  // the error event of a body that is closed has nobody left to hear it
  body.on("error", () => undefined);
  return { pieces: body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>, close: () => void body.destroy() };
}

async function readUpTo(
  { pieces: incoming }: Incoming,
  most: number,
): Promise<{ readonly complete: boolean; readonly pieces: readonly Uint8Array[] }> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const { value, done } = await incoming.next();
      if (done === true) return { complete: true, pieces };
      pieces.push(value);
      bytes += value.length;
      if (bytes > most) return { complete: false, pieces };
    }
  } catch (error) {
    throw new UpstreamFailure("upstream-cut", false, error);
  }
}

export function mediaTypeOf({ headers }: Pick<Answered, "headers">): string {
  const type = headers["content-type"];
  return typeof type === "string" ? (type.split(";")[0] as string).trim().toLowerCase() : "";
}
