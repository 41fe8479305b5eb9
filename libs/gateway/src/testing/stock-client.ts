import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";

export interface Elicited {
  readonly url: string;
  readonly message: string;
}

/** A program built on an official client, that shows URLs to its user. */
export interface StockClient {
  tools(): Promise<readonly string[]>;
  call(name: string, args?: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

export interface StockOptions {
  readonly url: string;
  readonly token: string;
  /** The client says it can send its user to a URL, and does so. */
  readonly elicit?: (elicited: Elicited) => void;
  readonly onProgress?: (progress: number) => void;
}

const NAME = { name: "stock", version: "1.0.0" };
const capabilities = ({ elicit }: StockOptions) => (elicit === undefined ? {} : { elicitation: { url: {} } });

/** `@modelcontextprotocol/sdk` 1.32. */
export async function sdkClient(options: StockOptions): Promise<StockClient> {
  const requestInit = { headers: { authorization: `Bearer ${options.token}` } };
  const client = new Client(NAME, { capabilities: capabilities(options) });
  await client.connect(new StreamableHTTPClientTransport(new URL(options.url), { requestInit }) as Transport);
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: (name, args = {}) => {
      const { onProgress } = options;
      const more = onProgress === undefined ? {} : { onprogress: ({ progress }: { progress: number }) => onProgress(progress) };
      return showingUrls(options, async () => textOf(await client.callTool({ name, arguments: args }, undefined, more)));
    },
    close: () => client.close(),
  };
}

/** `@modelcontextprotocol/client` 2.4. `legacy` begins with a handshake, `auto` finds out. */
export async function modernClient(options: StockOptions, mode: "auto" | "legacy" = "auto"): Promise<StockClient> {
  const requestInit = { headers: { authorization: `Bearer ${options.token}` } };
  const client = new ModernClient(NAME, { capabilities: capabilities(options), versionNegotiation: { mode } });
  const { elicit } = options;
  if (elicit !== undefined)
    client.setRequestHandler("elicitation/create", ({ params }) => {
      if (params.mode === "url") elicit({ url: params.url, message: params.message });
      return { action: "accept" };
    });
  await client.connect(new ModernTransport(new URL(options.url), { requestInit }));
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: (name, args = {}) => showingUrls(options, async () => textOf(await client.callTool({ name, arguments: args }))),
    close: () => client.close(),
  };
}

/** What a program does on -32042: shows the URL, and calls again when its user has been there. */
async function showingUrls({ elicit }: StockOptions, work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    const elicited = elicitedIn(error);
    if (elicit === undefined || elicited === undefined) throw error;
    elicit(elicited);
    return work();
  }
}

function textOf(result: object): string {
  const { content } = result as { readonly content?: unknown };
  return ((content ?? []) as readonly { readonly text?: string }[]).map(({ text = "" }) => text).join("");
}

/** 2025-11-25, URL elicitation required: -32042. */
function elicitedIn(error: unknown): Elicited | undefined {
  const { code, data } = error as { readonly code?: number; readonly data?: { readonly elicitations?: readonly Elicited[] } };
  return code === -32_042 ? data?.elicitations?.[0] : undefined;
}
