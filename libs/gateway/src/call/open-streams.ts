import type { HttpResponse } from "@grantline/oauth/http";
import { CODE, McpError } from "../answer/mcp-error.ts";
import type { Caller } from "../context.ts";

/** At one server, in one process. A client keeps one a session; sub-agents of several clients of one person fit in. */
export const STREAMS_OF_A_PERSON = 64;
const AGAIN_SECONDS = 10;

/** Streams cost a connection on both sides for as long as a token lasts, and no rate of calls bounds them. */
export interface OpenStreams {
  /** Opens a stream if there is a place for it, which is taken until `leave` is called, or at once given back where no stream comes of it. Throws McpError 429. */
  within(of: Pick<Caller, "server" | "token">, opening: (leave: () => void) => Promise<HttpResponse>): Promise<HttpResponse>;
}

export function createOpenStreams(most = STREAMS_OF_A_PERSON): OpenStreams {
  const open = new Map<string, number>();
  const add = (key: string, more: 1 | -1): void => {
    const now = (open.get(key) ?? 0) + more;
    if (now === 0) open.delete(key);
    else open.set(key, now);
  };
  return {
    async within({ server, token }, opening) {
      const key = `${server.name} ${token.sub}`;
      if ((open.get(key) ?? 0) >= most) throw tooMany(most);
      add(key, 1);
      let left = false;
      const leave = (): void => {
        if (!left) add(key, -1);
        left = true;
      };
      try {
        const answer = await opening(leave);
        if (answer.stream === undefined) leave();
        return answer;
      } catch (error) {
        leave();
        throw error;
      }
    },
  };
}

function tooMany(most: number): McpError {
  return new McpError({
    status: 429,
    code: CODE.refused,
    reason: "streams-too-many",
    message: `At most ${most} streams may be open here. Close one first.`,
    headers: { "retry-after": String(AGAIN_SECONDS) },
  });
}
