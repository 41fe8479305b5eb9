import { nullMembers } from "./differences.ts";
import type { Findings } from "./findings.ts";
import type { Probe } from "./probe.ts";

/** Is the answer a metadata document at all? Tells what is wrong with its envelope; undefined when clients can't read it. */
export function readDocument(found: Findings, answer: Probe, what: string): Readonly<Record<string, unknown>> | undefined {
  const { status, headers, json, trouble } = answer;
  if (status === 0) return refused(found, "reachable", `${what} can't be reached: ${trouble ?? "no answer"}`);
  if (status === 401 || status === 403)
    return refused(found, "public", `${what} asks for a token (${status}). Clients read it before they have one, and give up`);
  if (status >= 300 && status < 400)
    return refused(
      found,
      "redirect",
      `${what} is a redirect to ${headers.get("location") ?? "nowhere"}. Many clients do not follow it, browsers not across origins`,
    );
  if (status !== 200) return refused(found, "status", `${what} answers ${status}`);
  if (json === undefined) return refused(found, "json", `${what} is no JSON object`);
  const type = headers.get("content-type") ?? "";
  found.expect(
    /^application\/json\b/.test(type),
    "content-type",
    `${what} is application/json`,
    "warning",
    `${what} comes as ${type === "" ? "no type at all" : type}, not application/json`,
  );
  const nulls = nullMembers(json);
  if (nulls.length > 0)
    found.add("error", "null-members", `null in ${nulls.join(", ")}: schemas of clients allow a member to be absent, not to be null`);
  return json;
}

function refused(found: Findings, check: string, message: string): undefined {
  found.add("error", check, message);
  return undefined;
}
