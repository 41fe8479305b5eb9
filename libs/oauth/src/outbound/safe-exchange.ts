import { Client } from "undici";
import { pinned, plainHeaders, readText } from "./download.ts";
import { OutboundError } from "./outbound-error.ts";
import { checkOutboundUrl } from "./outbound-url.ts";
import { resolveChecked, systemResolve } from "./resolve.ts";
import { asOutboundError, withinTime, type SafeFetchOptions } from "./safe-fetch.ts";

const TOTAL_MS = 10_000;
const MAX_BYTES = 64 * 1024;
const AT_ONCE = 256;

export interface Exchange {
  readonly method: "GET" | "POST" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The answer's body is not looked at. */
  readonly headersOnly?: boolean;
}

/** Whatever the host answered, errors included. */
export interface Exchanged {
  readonly status: number;
  /** Lower-case names; a header that came more than once is joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** One request with a body and any answer, under the rules of `createSafeFetch`. Nothing is shared or remembered. Throws OutboundError. */
export type SafeExchange = (url: string, exchange: Exchange) => Promise<Exchanged>;

/** For token endpoints and their like: the host was named by a stranger, or by who set us up. A redirect is refused, so a secret goes to no other place. */
export function createSafeExchange(options: Omit<SafeFetchOptions, "clock">): SafeExchange {
  const resolve = options.resolve ?? systemResolve;
  let running = 0;

  return async (text, exchange) => {
    const url = checkOutboundUrl(text, options);
    if (running >= AT_ONCE) throw new OutboundError("busy", "too many requests at once", { temporary: true });
    const signal = AbortSignal.timeout(options.timeoutMs ?? TOTAL_MS);
    running += 1;
    try {
      const addresses = await withinTime(resolveChecked(url, resolve, options.named), signal);
      const client = new Client(url.origin, { connect: { lookup: pinned(addresses) }, maxHeaderSize: 16_384, pipelining: 1 });
      try {
        return await ask(client, url, exchange, signal);
      } finally {
        await client.destroy();
      }
    } catch (cause) {
      throw asOutboundError(cause, signal);
    } finally {
      running -= 1;
    }
  };
}

async function ask(client: Client, url: URL, { method, headers, body, headersOnly }: Exchange, signal: AbortSignal): Promise<Exchanged> {
  const response = await client.request({
    method,
    path: `${url.pathname}${url.search}`,
    signal,
    // No compression: 5 kB of gzip can be 5 MB of text.
    headers: { "user-agent": "grantline", ...headers, "accept-encoding": "identity" },
    ...(body === undefined ? {} : { body }),
  });
  const { statusCode: status } = response;
  if (status >= 300 && status < 400) throw new OutboundError("redirected", "the host answered with a redirect");
  const plain = plainHeaders(response.headers);
  if (headersOnly === true) return { status, headers: plain, text: "" };
  const encoding = plain["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") throw new OutboundError("content-encoding", "the answer is compressed");
  return { status, headers: plain, text: await readText(response.body, MAX_BYTES) };
}
