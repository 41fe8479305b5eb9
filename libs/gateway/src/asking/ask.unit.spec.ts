import { describe, expect, it } from "vitest";
import type { GatewayServer } from "@grantline/upstream";
import type { Caller, GatewayContext } from "../context.ts";
import { askForAuthorization, type Asking } from "./ask.ts";

const meta = { correlationId: "c", actor: { kind: "user", id: "alice" } } as const;

describe("asking for an authorization", () => {
  it("tells the client the way, and the log a digest of it", async () => {
    const recorded: unknown[] = [];
    const id = "sealed-way-to-connect";
    const context = {
      sources: { flags: { enabled: () => true } },
      upstreams: { begin: async () => ({ id, url: `https://as.example/connect/${id}`, expiresAt: 1 }) },
      journal: { record: (event: unknown) => void recorded.push(event) },
    } as unknown as GatewayContext;
    const caller = {
      server: { name: "notes", provider: "discovered" } as unknown as GatewayServer,
      token: { sub: "alice", clientId: "agent" },
    } as unknown as Caller;
    const asking: Asking = { id: 1, toolCall: false, telling: "elicitation", stateless: false, why: "not-connected", correlationId: "c" };
    const answer = await askForAuthorization(context, caller, asking, meta);
    expect(answer.body).toContain(`https://as.example/connect/${id}`);
    expect(recorded).toMatchObject([
      { type: "UpstreamAuthorizationAsked", data: { authorizationId: expect.stringMatching(/^[\w-]{22}$/) as string } },
    ]);
    expect(JSON.stringify(recorded)).not.toContain(id);
  });
});
