import { setTimeout as pause } from "node:timers/promises";
import { isMembers, type Incoming, type Message } from "../message/message.ts";
import type { Upstreams } from "@grantline/upstream";
import { authorizationIn, INPUT_KEY } from "./ask.ts";

const LOOK_EVERY_MS = 500;
const LONGEST_MS = 25_000;

export interface ComingBack {
  /** The message as the server would have had it without us. */
  readonly incoming: Incoming;
  readonly authorizationId: string;
  /** The person did not want to. */
  readonly declined: boolean;
}

/**
 * MCP 2026-07-28, multi round-trip requests: the request a client sends again after it was asked for our authorization. What it brings is for us and is
 * taken out; the rest goes to the server. Undefined for every other request.
 */
export function comingBack(incoming: Incoming): ComingBack | undefined {
  const [message] = incoming.messages as readonly [Message];
  if (incoming.batch || message.kind !== "request") return undefined;
  const { requestState, inputResponses, ...params } = message.params;
  const authorizationId = authorizationIn(requestState);
  if (authorizationId === undefined) return undefined;
  const { [INPUT_KEY]: answer, ...others } = isMembers(inputResponses) ? inputResponses : {};
  const kept = Object.keys(others).length === 0 ? params : { ...params, inputResponses: others };
  const { kind: _kind, ...envelope } = { ...message, params: kept };
  return {
    incoming: { batch: false, messages: [{ ...message, params: kept }], text: JSON.stringify({ jsonrpc: "2.0", ...envelope }) },
    authorizationId,
    declined: !isMembers(answer) || answer["action"] !== "accept",
  };
}

/** The user has been shown the URL and is at it: waits a while for how it ends. */
export async function ended(
  upstreams: Pick<Upstreams, "outcome">,
  authorizationId: string,
  gone: AbortSignal | undefined,
  longestMs = LONGEST_MS,
): Promise<"pending" | "done" | "failed"> {
  for (const until = performance.now() + longestMs; ;) {
    const found = await upstreams.outcome(authorizationId);
    if (found !== "pending" || performance.now() >= until || gone?.aborted === true) return found;
    await pause(LOOK_EVERY_MS);
  }
}
