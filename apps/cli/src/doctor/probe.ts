const TIMEOUT_MS = 10_000;
const LONGEST = 1_048_576;
/** Where a client in a browser comes from; the others send no Origin. */
export const ORIGIN = "https://client.example";

export interface Probe {
  readonly url: string;
  /** 0: nobody answered; `trouble` says why. */
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined when the body is no JSON object. */
  readonly json?: Readonly<Record<string, unknown>>;
  readonly trouble?: string;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** One request, redirects not followed. Never throws. */
export async function probe(url: string, init: RequestInit = {}, fetcher: Fetch = fetch): Promise<Probe> {
  try {
    const response = await fetcher(url, { ...init, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await bodyOf(response);
    const json = objectOf(text);
    return { url, status: response.status, headers: response.headers, text, ...(json === undefined ? {} : { json }) };
  } catch (error) {
    return { url, status: 0, headers: new Headers(), text: "", trouble: reasonOf(error) };
  }
}

/** At most a megabyte; of an event stream only the first event. */
async function bodyOf(response: Response): Promise<string> {
  if (response.body === null) return "";
  const streams = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > LONGEST || (streams && text.includes("\n\n"))) break;
  }
  return text;
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer in ${TIMEOUT_MS / 1000} seconds`;
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** The first request of an MCP client. */
export function initialize(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Probe> {
  return probe(url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "grantline-doctor", version: "1" } },
    }),
  });
}
