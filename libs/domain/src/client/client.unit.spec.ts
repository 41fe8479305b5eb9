import { describe, expect, it } from "vitest";
import {
  clientCommands,
  deletedClient,
  metadata,
  publicMetadata,
  registeredClient,
  registration,
  secret,
  suspendedClient,
} from "../testing/clients.ts";
import { at, fold, decided, given } from "../testing/given.ts";
import { digest, T0 } from "../testing/grants.ts";
import { clientDecider, type ClientEvent, type ClientRefusal } from "./index.ts";

const refused = (reason: ClientRefusal) => ({ kind: "refused", reason }) as const;
const done = (generation: number) => ({ kind: "done", generation }) as const;
const unchanged = { kind: "unchanged" } as const;

describe("registering a client", () => {
  it("records it, active and of generation 0", () => {
    const { state, ...made } = given(clientDecider).when({
      kind: "register",
      now: T0,
      event: registration({ registrationTokenHash: digest("rat"), unusedExpiresAt: T0 + 99 }),
    });
    expect(made.decision).toEqual(
      decided(done(0), {
        type: "ClientRegistered",
        data: registration({ registrationTokenHash: digest("rat"), unusedExpiresAt: T0 + 99 }),
      }),
    );
    expect(state).toEqual({
      status: "active",
      ...registration(),
      registrationTokenHash: digest("rat"),
      unusedExpiresAt: T0 + 99,
      verification: "dcr",
      secrets: [],
      registeredAt: T0,
      generation: 0,
    });
  });

  it("records its first secret with it", () => {
    const made = given(clientDecider).when({ kind: "register", now: T0, event: registration(), secret: secret("first") });
    expect(made.decision).toEqual(
      decided(
        done(0),
        { type: "ClientRegistered", data: registration() },
        { type: "ClientSecretIssued", data: { secret: secret("first") } },
      ),
    );
    expect(made.state).toMatchObject({ secrets: [secret("first")] });
  });

  it.each([
    ["admin", "operator"],
    ["bootstrap", "operator"],
    ["resource", "operator"],
    ["bridge", "operator"],
    ["cimd", "cimd"],
    ["dcr", "dcr"],
  ] as const)("through %s gives verification level %s", (how, verification) => {
    expect(given(clientDecider).when({ kind: "register", now: T0, event: registration({ how }) }).state).toMatchObject({ verification });
  });

  it("never hands a secret to a client registered `none`", () => {
    expect(
      given(clientDecider).when({ kind: "register", now: T0, event: registration({ metadata: publicMetadata }), secret: secret("first") })
        .decision,
    ).toEqual(decided(refused("client-public")));
  });

  it("happens once, and an id is never used again", () => {
    expect(given(clientDecider, registeredClient).when({ kind: "register", now: T0, event: registration() }).decision).toEqual(
      decided(refused("client-exists")),
    );
    expect(given(clientDecider, suspendedClient).when({ kind: "register", now: T0, event: registration() }).decision).toEqual(
      decided(refused("client-exists")),
    );
    expect(given(clientDecider, deletedClient).when({ kind: "register", now: T0, event: registration() }).decision).toEqual(
      decided(refused("client-deleted")),
    );
  });
});

describe("a client that is not there", () => {
  it.each(clientCommands.map((command) => [command.kind, command] as const))("refuses to %s", (_kind, command) => {
    expect(given(clientDecider).when(command).decision).toEqual(decided(refused("client-unknown")));
    expect(given(clientDecider, deletedClient).when(command).decision).toEqual(
      decided(command.kind === "delete" ? unchanged : refused("client-deleted")),
    );
  });
});

describe("updating a client", () => {
  const update = { kind: "update", now: T0 + 9, metadata: { ...metadata, client_name: "New" }, documentHash: digest("new") } as const;

  it("replaces the metadata and keeps the settings it does not bring", () => {
    const settled = given(clientDecider, registeredClient).when({ ...update, settings: { accessTokenLifetime: 60 } });
    expect(settled.decision).toEqual(
      decided(done(0), {
        type: "ClientUpdated",
        data: { metadata: update.metadata, settings: { accessTokenLifetime: 60 }, documentHash: digest("new") },
      }),
    );
    const again = given(clientDecider, settled.history).when({ ...update, documentHash: digest("newer") });
    expect(again.decision).toEqual(
      decided(done(0), {
        type: "ClientUpdated",
        data: { metadata: update.metadata, settings: { accessTokenLifetime: 60 }, documentHash: digest("newer") },
      }),
    );
    expect(again.state).toMatchObject({ status: "active", metadata: { client_name: "New" }, documentHash: digest("newer") });
  });

  it("changes nothing when the document is the one registered", () => {
    expect(given(clientDecider, registeredClient).when({ ...update, documentHash: digest("document") }).decision).toEqual(
      decided(unchanged),
    );
    expect(
      given(clientDecider, registeredClient).when({ ...update, documentHash: digest("document"), settings: {} }).decision.outcome,
    ).toEqual(done(0));
  });

  it("replaces registration token and secret at once", () => {
    const changed = given(clientDecider, registeredClient).when({
      ...update,
      documentHash: digest("document"),
      registrationTokenHash: digest("rat2"),
      secret: secret("second"),
    });
    expect(changed.decision).toEqual(
      decided(
        done(0),
        { type: "ClientSecretRetired", data: { secretId: "first", expiresAt: T0 + 9 } },
        { type: "ClientSecretIssued", data: { secret: secret("second") } },
        { type: "RegistrationTokenRotated", data: { registrationTokenHash: digest("rat2") } },
      ),
    );
    expect(changed.state).toMatchObject({ secrets: [secret("second")], registrationTokenHash: digest("rat2") });
  });

  it("takes a registration token once, and none of a client that is suspended by then (RFC 7592 §2.2)", () => {
    const held = given(clientDecider, registeredClient).when({
      kind: "rotate-registration-token",
      now: T0 + 8,
      registrationTokenHash: digest("rat1"),
    });
    const shown = { ...update, presentedTokenHash: digest("rat1"), registrationTokenHash: digest("rat2") };
    const first = given(clientDecider, held.history).when(shown);
    expect(first.decision.outcome).toEqual(done(0));
    for (const command of [
      { ...shown, registrationTokenHash: digest("rat3") },
      { kind: "delete", now: T0 + 10, reason: "self", presentedTokenHash: digest("rat1") },
    ] as const)
      expect(given(clientDecider, first.history).when(command).decision).toEqual(decided(refused("registration-token-used")));
    const suspended = given(clientDecider, held.history).when({ kind: "suspend", now: T0 + 9, reason: "abuse" });
    expect(given(clientDecider, suspended.history).when(shown).decision).toEqual(decided(refused("client-suspended")));
    expect(
      given(clientDecider, first.history).when({ kind: "delete", now: T0 + 10, reason: "self", presentedTokenHash: digest("rat2") })
        .decision.outcome,
    ).toEqual(done(1));
  });

  it("takes the secrets from a client that becomes public, and gives it none", () => {
    expect(given(clientDecider, registeredClient).when({ ...update, metadata: publicMetadata }).state).toMatchObject({ secrets: [] });
    expect(given(clientDecider, registeredClient).when({ ...update, metadata: publicMetadata, secret: secret("second") }).decision).toEqual(
      decided(refused("client-public")),
    );
  });
});

describe("suspending, reinstating, deleting and revoking", () => {
  it("suspends under a raised generation, and a reinstatement does not lower it", () => {
    const suspended = given(clientDecider, registeredClient).when({ kind: "suspend", now: T0 + 1, reason: "abuse" });
    expect(suspended.decision).toEqual(decided(done(1), { type: "ClientSuspended", data: { reason: "abuse", generation: 1 } }));
    expect(suspended.state).toMatchObject({ status: "suspended", reason: "abuse", generation: 1 });
    expect(given(clientDecider, suspended.history).when({ kind: "suspend", now: T0 + 2, reason: "abuse" }).decision).toEqual(
      decided(unchanged),
    );
    const reinstated = given(clientDecider, suspended.history).when({ kind: "reinstate", now: T0 + 3 });
    expect(reinstated.decision).toEqual(decided(done(1), { type: "ClientReinstated", data: {} }));
    expect(reinstated.state).toMatchObject({ status: "active", generation: 1, secrets: [secret("first")] });
    expect(reinstated.state).not.toHaveProperty("reason");
  });

  it("reinstates only what is suspended", () => {
    expect(given(clientDecider, registeredClient).when({ kind: "reinstate", now: T0 }).decision).toEqual(
      decided(refused("client-not-suspended")),
    );
  });

  it("deletes for good and keeps no metadata", () => {
    const deleted = given(clientDecider, suspendedClient).when({ kind: "delete", now: T0 + 5, reason: "self" });
    expect(deleted.decision).toEqual(decided(done(2), { type: "ClientDeleted", data: { reason: "self", generation: 2 } }));
    expect(deleted.state).toEqual({ status: "deleted", clientId: "c1", reason: "self", at: T0 + 5, generation: 2 });
  });

  it("sweeps an unused client only when its time has come", () => {
    const dcr = at<ClientEvent>(T0, { type: "ClientRegistered", data: registration({ unusedExpiresAt: T0 + 100 }) });
    expect(given(clientDecider, dcr).when({ kind: "delete", now: T0 + 99, reason: "unused" }).decision).toEqual(decided(unchanged));
    expect(given(clientDecider, dcr).when({ kind: "delete", now: T0 + 100, reason: "unused" }).decision).toEqual(
      decided(done(1), { type: "ClientDeleted", data: { reason: "unused", generation: 1 } }),
    );
    expect(given(clientDecider, registeredClient).when({ kind: "delete", now: T0 + 999, reason: "unused" }).decision).toEqual(
      decided(unchanged),
    );
  });

  it("revokes everything by raising the generation, each time", () => {
    const once = given(clientDecider, registeredClient).when({ kind: "revoke-all", now: T0, reason: "admin" });
    expect(once.decision).toEqual(decided(done(1), { type: "ClientGenerationRaised", data: { generation: 1, reason: "admin" } }));
    expect(given(clientDecider, once.history).when({ kind: "revoke-all", now: T0, reason: "admin" }).state).toMatchObject({
      generation: 2,
    });
  });

  it("rotates the registration access token", () => {
    const rotated = given(clientDecider, registeredClient).when({
      kind: "rotate-registration-token",
      now: T0,
      registrationTokenHash: digest("rat2"),
    });
    expect(rotated.decision).toEqual(
      decided(done(0), { type: "RegistrationTokenRotated", data: { registrationTokenHash: digest("rat2") } }),
    );
    expect(rotated.state).toMatchObject({ registrationTokenHash: digest("rat2") });
  });
});

describe("the fold of a client", () => {
  it("takes events that do not fit without a change", () => {
    const reinstated: ClientEvent = { type: "ClientReinstated", data: {} };
    for (const history of [[], registeredClient, deletedClient]) {
      const state = fold(clientDecider, history);
      expect(fold(clientDecider, at(T0, reinstated), state)).toEqual(state);
    }
    const active = fold(clientDecider, registeredClient);
    expect(fold(clientDecider, registeredClient.slice(0, 1), active)).toEqual(active);
    expect(
      fold(clientDecider, at<ClientEvent>(T0, { type: "ClientSecretRetired", data: { secretId: "unknown", expiresAt: 0 } }), active),
    ).toEqual(active);
  });

  it("survives a type and a command it has never heard of", () => {
    const state = fold(clientDecider, registeredClient);
    expect(clientDecider.evolve(state, { type: "FromTheFuture", data: {}, at: T0 } as never)).toBe(state);
    expect(clientDecider.decide({ kind: "from-the-future" } as never, state).outcome).toEqual(refused("client-unknown"));
  });
});
