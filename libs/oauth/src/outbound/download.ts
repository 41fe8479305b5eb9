import type { LookupFunction } from "node:net";
import { Client } from "undici";
import { OutboundError } from "./outbound-error.ts";
import type { ResolvedAddress } from "./resolve.ts";

export interface FetchedDocument {
  /** Lower-case names; a header that came more than once is joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface Download {
  readonly url: URL;
  /** Checked; the connection goes to one of these and nowhere else. */
  readonly addresses: readonly ResolvedAddress[];
  readonly maxBytes: number;
  /** Ends everything, the body included. */
  readonly signal: AbortSignal;
}

/** One GET over one connection of its own. Throws OutboundError, or whatever the network threw. */
export async function download({ url, addresses, maxBytes, signal }: Download): Promise<FetchedDocument> {
  const client = new Client(url.origin, { connect: { lookup: pinned(addresses) }, maxHeaderSize: 16_384, pipelining: 1 });
  try {
    const response = await client.request({
      method: "GET",
      path: `${url.pathname}${url.search}`,
      signal,
      // No compression: 5 kB of gzip can be 5 MB of text.
      headers: { accept: "application/json", "accept-encoding": "identity", "user-agent": "grantline" },
    });
    const headers = plainHeaders(response.headers);
    refuseAnswer(response.statusCode, headers, maxBytes);
    return { headers, text: await readText(response.body, maxBytes) };
  } finally {
    await client.destroy();
  }
}

// DNS rebinding: the name is not resolved a second time, the checked addresses are what the socket gets.
export function pinned(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_hostname, options, callback) => {
    const first = addresses[0];
    if (options.all === true)
      callback(
        null,
        addresses.map(({ address, family }) => ({ address, family })),
      );
    else callback(null, first?.address ?? "", first?.family);
  };
}

function refuseAnswer(status: number, headers: Readonly<Record<string, string>>, maxBytes: number): void {
  // A redirect would lead past every check made on the URL.
  if (status >= 300 && status < 400) throw new OutboundError("redirected", "the host answered with a redirect");
  if (status !== 200) throw new OutboundError("status", `the host answered ${status}`, { temporary: status >= 500 || status === 429 });
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") throw new OutboundError("content-encoding", "the answer is compressed");
  const type = (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type !== "application/json" && !/^application\/[a-z0-9.-]+\+json$/.test(type))
    throw new OutboundError("content-type", "the answer is not JSON");
  if (Number(headers["content-length"] ?? 0) > maxBytes) throw tooLarge();
}

export async function readText(body: AsyncIterable<Buffer>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

export function plainHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Readonly<Record<string, string>> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return plain;
}

function tooLarge(): OutboundError {
  return new OutboundError("too-large", "the answer is larger than allowed");
}
