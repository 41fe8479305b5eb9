import { CODE, McpError } from "../answer/mcp-error.ts";
import { fold } from "./fold.ts";
import { parseStrictJson, type JsonFault } from "./strict-json.ts";

export type MessageId = string | number;
export type Members = Readonly<Record<string, unknown>>;

/** One JSON-RPC message of a client. */
export type Message =
  | { readonly kind: "request"; readonly id: MessageId; readonly method: string; readonly params: Members }
  | { readonly kind: "notification"; readonly method: string; readonly params: Members }
  /** To a request of the server (2025-03-26 to 2025-11-25). */
  | { readonly kind: "response"; readonly id: MessageId };

export interface Incoming {
  readonly messages: readonly Message[];
  /** Revision 2025-03-26 alone had batches. */
  readonly batch: boolean;
  /** As it came: what is checked is what is sent on, byte for byte. */
  readonly text: string;
}

const MOST_IN_BATCH = 50;
const ENVELOPE = ["jsonrpc", "id", "method", "params", "result", "error"];
/** What the gateway or the server decides on. */
const PARAMS = ["name", "uri", "arguments", "_meta", "inputResponses", "requestState"];

const FAULTS: Readonly<Record<JsonFault, string>> = {
  malformed: "The body is not JSON.",
  "repeated-key": "A member of the body comes twice.",
  "too-deep": "The body is nested too deeply.",
};

/** Reads a POST body. Throws McpError: parse error or invalid request, 400. */
export function readMessages(text: string | undefined): Incoming {
  const parsed = parseStrictJson(text ?? "");
  if ("fault" in parsed) throw malformed(CODE.parse, FAULTS[parsed.fault]);
  const { value } = parsed;
  if (!Array.isArray(value)) return { messages: [readMessage(value)], batch: false, text: text as string };
  if (value.length === 0 || value.length > MOST_IN_BATCH)
    throw malformed(CODE.invalidRequest, `A batch has 1 to ${MOST_IN_BATCH} messages.`);
  return { messages: value.map(readMessage), batch: true, text: text as string };
}

function readMessage(value: unknown): Message {
  if (!isMembers(value) || value["jsonrpc"] !== "2.0") throw malformed(CODE.invalidRequest, "The body is not a JSON-RPC 2.0 message.");
  refuseLookalikes(value, ENVELOPE);
  const { id, method, params = {} } = value;
  if (id !== undefined && typeof id !== "string" && !Number.isSafeInteger(id))
    throw malformed(CODE.invalidRequest, "id is a string or a whole number.");
  if (method === undefined) {
    if (id === undefined || "result" in value === "error" in value) throw malformed(CODE.invalidRequest, "The message has no method.");
    return { kind: "response", id: id as MessageId };
  }
  if (typeof method !== "string" || !/^[\x21-\x7e]{1,128}$/.test(method)) throw malformed(CODE.invalidRequest, "method is no method name.");
  if (!isMembers(params)) throw malformed(CODE.invalidRequest, "params is an object.");
  refuseLookalikes(params, PARAMS);
  return id === undefined ? { kind: "notification", method, params } : { kind: "request", id: id as MessageId, method, params };
}

/** `Method` or `ｎame` beside or instead of the real one: some parsers take it for the real one (CVE 32, security case G-08). */
function refuseLookalikes(members: Members, known: readonly string[]): void {
  for (const key of Object.keys(members)) {
    if (known.includes(key)) continue;
    // Go's encoding/json folds the Kelvin sign and the long s as well; so does NFKC
    const folded = fold(key);
    if (known.some((each) => fold(each) === folded))
      throw malformed(CODE.invalidRequest, "A member is spelled in another case than MCP has it.");
  }
}

export function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The name a request is about, as `Mcp-Name` mirrors it. */
export function subjectNameOf({ method, params }: { readonly method: string; readonly params: Members }): string | undefined {
  const member = method === "resources/read" ? "uri" : method === "tools/call" || method === "prompts/get" ? "name" : undefined;
  const value = member === undefined ? undefined : params[member];
  return typeof value === "string" ? value : undefined;
}

function malformed(code: number, message: string): McpError {
  return new McpError({ status: 400, code, reason: "message-malformed", message });
}
