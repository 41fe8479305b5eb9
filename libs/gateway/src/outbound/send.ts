import { Agent, type Dispatcher, errors } from "undici";
import { OutboundError, type Resolve } from "@grantline/oauth/outbound";
import type { Reason } from "@grantline/oauth/errors";
import { createAdmission, type Admission } from "./admission.ts";
import { createConnector, NotConnected } from "./connector.ts";
import type { GatewaySettings } from "../gateway-settings.ts";

export interface Sending {
  readonly url: string;
  readonly method: "GET" | "POST" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Until the answer begins. */
  readonly timeoutMs: number;
  /** The client has gone: nobody waits for the answer any more. */
  readonly gone?: AbortSignal | undefined;
}

export type Answered = Dispatcher.ResponseData;

/** A request that got no answer. */
export class UpstreamFailure extends Error {
  override readonly name = "UpstreamFailure";
  readonly reason: Reason;
  /** Not one byte of it was read by anybody: it may be sent again, whatever it asks for. */
  readonly unsent: boolean;

  constructor(reason: Reason, unsent: boolean, cause: unknown) {
    super(reason, { cause });
    this.reason = reason;
    this.unsent = unsent;
  }
}

/** The way to MCP servers. Follows no redirect: wherever one leads, it is not the address the operator gave. */
export interface Outbound {
  /** Resolves when the answer begins; its body is then the caller's to read or to destroy. Throws UpstreamFailure. */
  send(sending: Sending): Promise<Answered>;
  close(): Promise<void>;
}

const HEADER_BYTES = 16_384;
/** To one server. A stream keeps its own as long as it lasts, and a call that finds none left would wait without an end. */
const CONNECTIONS = 10_000;
const KEPT_MS = 30_000;

export function createOutbound(settings: Pick<GatewaySettings, "privateUpstreams" | "allowLoopback">, resolve?: Resolve): Outbound {
  return outboundVia(createAdmission(settings), resolve);
}

export function outboundVia(admission: Admission, resolve?: Resolve): Outbound {
  const agent = new Agent({
    connect: createConnector(admission, resolve),
    connections: CONNECTIONS,
    pipelining: 1,
    maxHeaderSize: HEADER_BYTES,
    keepAliveTimeout: KEPT_MS,
    // streams are silent for as long as they like; the token's end closes them
    bodyTimeout: 0,
    maxRedirections: 0,
  } as Agent.Options);
  return {
    async send({ url, method, headers, body, timeoutMs, gone }) {
      const { origin, pathname, search } = new URL(url);
      try {
        return await agent.request({
          origin,
          path: `${pathname}${search}`,
          method,
          headers,
          ...(body === undefined ? {} : { body }),
          headersTimeout: timeoutMs,
          ...(gone === undefined ? {} : { signal: gone }),
        });
      } catch (error) {
        throw gone?.aborted === true ? new UpstreamFailure("client-gone", false, error) : failureOf(error);
      }
    },
    close: () => agent.destroy(),
  };
}

function failureOf(error: unknown): UpstreamFailure {
  if (error instanceof NotConnected) {
    const refused = error.cause instanceof OutboundError && error.cause.failure === "address-refused";
    return new UpstreamFailure(refused ? "upstream-address-refused" : "upstream-unreachable", true, error);
  }
  if (error instanceof errors.HeadersTimeoutError) return new UpstreamFailure("upstream-slow", false, error);
  if (error instanceof errors.HeadersOverflowError) return new UpstreamFailure("upstream-headers", false, error);
  if (error instanceof errors.HTTPParserError) return new UpstreamFailure("upstream-not-mcp", false, error);
  return new UpstreamFailure("upstream-cut", false, error);
}
