import type { Told } from "./exchange.ts";

type Members = Readonly<Record<string, unknown>>;

/** What is wrong with an answer; undefined: nothing. `passedOn`: a server behind the gateway was asked, so that an error may be its own. */
export function wrongWith(
  told: Told,
  { passedOn, secrets }: { readonly passedOn: boolean; readonly secrets: Iterable<string> },
): string | undefined {
  const { status, headers, body } = told;
  const correlationId = headers["x-correlation-id"];
  if (status >= 500) return `status ${status}: ${body.slice(0, 300)}`;
  if (typeof correlationId !== "string" || !/^[A-Za-z0-9._-]{8,64}$/.test(correlationId))
    return `no correlation id: ${String(correlationId)}`;
  const all = `${JSON.stringify(headers)}\n${body}`;
  for (const secret of secrets) if (all.includes(secret)) return "an answer holds a secret";
  if (/\bat (?:file:|\/|async )|node_modules|SQLITE|\.ts:\d/.test(body)) return "an answer tells of our insides";
  return status === 401 && headers["www-authenticate"] === undefined ? "401 without a challenge" : wrongBody(told, correlationId, passedOn);
}

function wrongBody({ status, headers, body, whole }: Told, correlationId: string, passedOn: boolean): string | undefined {
  const type = String(headers["content-type"] ?? "").split(";")[0];
  if (body === "") return status < 400 || type === "" || headers["content-length"] !== undefined ? undefined : "an error without a word";
  if (type === "text/event-stream") return wrongEvents(body, whole);
  if (type !== "application/json") return `${status} as ${type}`;
  const parsed = parse(body);
  if (parsed === undefined) return `no JSON: ${body.slice(0, 100)}`;
  if (isRpc(parsed)) {
    const id = ((parsed as Members)["error"] as Members | undefined)?.["data"];
    if (status < 400 || passedOn || (id as Members | undefined)?.["correlation_id"] === correlationId) return undefined;
    return `an error of ours without its correlation id: ${body.slice(0, 200)}`;
  }
  if (status >= 400 && isOAuthError(parsed)) return parsed["correlation_id"] === correlationId ? undefined : "another correlation id";
  return `neither JSON-RPC nor an OAuth error: ${body.slice(0, 200)}`;
}

function wrongEvents(text: string, whole: boolean): string | undefined {
  const events = text.split("\n\n");
  for (const event of whole ? events : events.slice(0, -1)) {
    const data = event
      .split("\n")
      .filter((line) => line.startsWith("data:"))
      .map((line) => line.slice("data:".length).trim())
      .join("\n");
    // a stream may begin with an event that only has an id
    if (data !== "" && !isRpc(parse(data))) return `an event that is no JSON-RPC: ${data.slice(0, 200)}`;
  }
  return undefined;
}

function isRpc(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every(isRpc);
  if (typeof value !== "object" || value === null) return false;
  const message = value as Members;
  return message["jsonrpc"] === "2.0" && ["result", "error", "method"].filter((member) => member in message).length === 1;
}

function isOAuthError(value: unknown): value is Members {
  const { error, error_description: description } = (value ?? {}) as Members;
  return typeof error === "string" && typeof description === "string";
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller says what it was
  }
}
