// In place of the ephemeral store: one that remembers, and one that is away.
import { expect, it } from "vitest";
import type { OAuthContext } from "../context/index.ts";
import type { HttpRequest } from "../http/index.ts";
import { flagReusedChallenge } from "./challenge-reuse.ts";
import type { Interaction } from "./interaction.ts";

const interaction = { request: { clientId: "c", codeChallenge: "x" } } as Interaction;
const request = { ip: "192.0.2.1" } as HttpRequest;

async function flagged(addIfAbsent: (key: string) => Promise<boolean>): Promise<readonly string[]> {
  const reasons: string[] = [];
  const context = {
    ephemeral: { addIfAbsent },
    clock: { now: () => 0 },
    security: { count: ({ reason }: { reason: string }) => reasons.push(reason) },
  };
  for (let n = 0; n < 2; n++) await flagReusedChallenge(context as unknown as OAuthContext, request, interaction);
  return reasons;
}

it("tells of a challenge that comes again", async () => {
  const seen = new Set<string>();
  expect(await flagged(async (key) => seen.size < seen.add(key).size)).toEqual(["pkce-challenge-reused"]);
});

it("lets everybody pass, and tells nothing, while nobody can remember challenges", async () => {
  expect(await flagged(() => Promise.reject(new Error("Redis is away")))).toEqual([]);
});
