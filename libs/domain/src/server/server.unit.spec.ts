import { describe, expect, it } from "vitest";
import { decided, given } from "../testing/given.ts";
import { T0 } from "../testing/grants.ts";
import { type RegisteredAt, type ServerCommand, serverDecider, type ServerDefinition } from "./index.ts";

const github: ServerDefinition = {
  name: "github",
  url: "https://api.githubcopilot.com/mcp/",
  provider: "github",
  authorization: "oauth",
  scopes: ["repo"],
  policy: { tools: { deny: ["delete_file"] } },
};
const add: ServerCommand = { kind: "add", now: T0, server: github, resourceId: "r1" };
const registration: RegisteredAt = { issuer: "https://as.example", clientId: "c1", authMethod: "none" };

describe("a server behind the gateway", () => {
  it("is added once; the same again changes nothing, another one of its name is refused", () => {
    const added = given(serverDecider).when(add);
    expect(added.decision).toEqual(decided({ kind: "done" }, { type: "ServerAdded", data: { server: github, resourceId: "r1" } }));
    expect(given(serverDecider, added.history).when(add).decision).toEqual(decided({ kind: "unchanged" }));
    const other = { ...add, server: { ...github, scopes: [] } };
    expect(given(serverDecider, added.history).when(other).decision).toEqual(decided({ kind: "refused", reason: "server-exists" }));
  });

  it("is changed as a whole, and an equal definition is no change", () => {
    const { history } = given(serverDecider).when(add);
    expect(given(serverDecider, history).when({ kind: "change", now: T0, server: { ...github } }).decision.events).toEqual([]);
    const changed = given(serverDecider, history).when({ kind: "change", now: T0, server: { ...github, scopes: ["user"] } });
    expect(changed.state).toMatchObject({ status: "active", server: { scopes: ["user"] }, resourceId: "r1" });
  });

  it("believes one of several registrations made at once", () => {
    const { history } = given(serverDecider).when(add);
    const first = given(serverDecider, history).when({ kind: "register-client", now: T0, registration });
    expect(first.state).toMatchObject({ registration });
    const second = { kind: "register-client", now: T0, registration: { ...registration, clientId: "c2" } } as const;
    expect(given(serverDecider, first.history).when(second).decision).toEqual(
      decided({ kind: "refused", reason: "client-registered-meanwhile" }),
    );
    expect(given(serverDecider, first.history).when({ ...second, replaces: "c1" }).state).toMatchObject({
      registration: { clientId: "c2" },
    });
  });

  it("is gone after its removal, without its registration, and may come back", () => {
    const registered = given(serverDecider, given(serverDecider).when(add).history).when({
      kind: "register-client",
      now: T0,
      registration,
    });
    const removed = given(serverDecider, registered.history).when({ kind: "remove", now: T0 });
    expect(removed.state).toEqual({ status: "removed", name: "github" });
    expect(given(serverDecider, removed.history).when({ kind: "remove", now: T0 }).decision).toEqual(decided({ kind: "unchanged" }));
    expect(given(serverDecider, removed.history).when(add).state).toEqual({ status: "active", server: github, resourceId: "r1" });
  });

  it("refuses everything but its addition while it is unknown", () => {
    for (const command of [
      { kind: "change", now: T0, server: github },
      { kind: "remove", now: T0 },
      { kind: "register-client", now: T0, registration },
    ] as const)
      expect(given(serverDecider).when(command).decision).toEqual(decided({ kind: "refused", reason: "server-unknown" }));
  });

  it("survives a type and a command it has never heard of", () => {
    const { state } = given(serverDecider).when(add);
    expect(serverDecider.evolve(state, { type: "FromTheFuture", data: {}, at: T0 } as never)).toBe(state);
    expect(serverDecider.decide({ kind: "from-the-future" } as never, state).events).toEqual([]);
  });
});
