import { isMembers } from "../message/message.ts";
import { visibleTools } from "../policy/tools.ts";
import type { ToolPolicy } from "@grantline/domain/server";

/**
 * Takes tools nobody may call out of whatever message lists tools; undefined for every other message. By what it holds and not by what was asked: a
 * list may also come on a resumed stream.
 */
export function withoutHiddenTools(policy: ToolPolicy, text: string): string | undefined {
  // nearly every message has none, and parsing is most of the work
  if (!text.includes('"tools"')) return undefined;
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return undefined; // no message: what it is, is judged elsewhere
  }
  const changed = Array.isArray(message) ? message.map((each) => cut(policy, each)) : cut(policy, message);
  return JSON.stringify(changed);
}

function cut(policy: ToolPolicy, message: unknown): unknown {
  if (!isMembers(message) || !isMembers(message["result"])) return message;
  const { result } = message;
  if (!Array.isArray(result["tools"])) return message;
  const tools = result["tools"].filter(isMembers);
  return { ...message, result: { ...result, tools: visibleTools(policy, tools) } };
}
