import { describe, expect, it } from "vitest";
import { clientCommands, deletedClient, metadata, publicClient, publicMetadata, registeredClient, registration, secret, suspendedClient } from "../testing/clients.ts";
import { at, fold, given } from "../testing/given.ts";
import { digest, T0 } from "../testing/grants.ts";
import { clientDecider, type ClientEvent, type ClientRefusal } from "./index.ts";

const refused = (reason: ClientRefusal) => ({ kind: "refused", reason }) as const;
const done = (generation: number) => ({ kind: "done", generation }) as const;
const unchanged = { kind: "unchanged" } as const;

describe("registering a client", () => {
  it("records it, active and of generation 0", () => {
    const { state, ...made } = given(clientDecider).when({ kind: "register", now: T0, event: registration({ registrationTokenHash: digest("rat"), unusedExpiresAt: T0 + 99 }) });
    made.then(done(0), { type: "ClientRegistered", data: registration({ registrationTokenHash: digest("rat"), unusedExpiresAt: T0 + 99 }) });
    expect(state).toEqual({
      status: "active", ...registration(), registrationTokenHash: digest("rat"), unusedExpiresAt: T0 + 99, verification: "dcr", secrets: [], registeredAt: T0, generation: 0,
    });
  });

  it("records its first secret with it", () => {
    const made = given(clientDecider).when({ kind: "register", now: T0, event: registration(), secret: secret("first") });
    made.then(done(0), { type: "ClientRegistered", data: registration() }, { type: "ClientSecretIssued", data: { secret: secret("first") } });
    expect(made.state).toMatchObject({ secrets: [secret("first")] });
  });

  it.each([["admin", "operator"], ["bootstrap", "operator"], ["resource", "operator"], ["bridge", "operator"], ["cimd", "cimd"], ["dcr", "dcr"]] as const)("through %s gives verification level %s", (how, verification) => {
    expect(given(clientDecider).when({ kind: "register", now: T0, event: registration({ how }) }).state).toMatchObject({ verification });
  });

  it("never hands a secret to a client registered `none`", () => {
    given(clientDecider).when({ kind: "register", now: T0, event: registration({ metadata: publicMetadata }), secret: secret("first") }).then(refused("client-public"));
  });

  it("happens once, and an id is never used again", () => {
    given(clientDecider, registeredClient).when({ kind: "register", now: T0, event: registration() }).then(refused("client-exists"));
    given(clientDecider, suspendedClient).when({ kind: "register", now: T0, event: registration() }).then(refused("client-exists"));
    given(clientDecider, deletedClient).when({ kind: "register", now: T0, event: registration() }).then(refused("client-deleted"));
  });
});

describe("a client that is not there", () => {
  it.each(clientCommands.map((command) => [command.kind, command] as const))("refuses to %s", (_kind, command) => {
    given(clientDecider).when(command).then(refused("client-unknown"));
    given(clientDecider, deletedClient).when(command).then(command.kind === "delete" ? unchanged : refused("client-deleted"));
  });
});

describe("updating a client", () => {
  const update = { kind: "update", now: T0 + 9, metadata: { ...metadata, client_name: "New" }, documentHash: digest("new") } as const;

  it("replaces the metadata and keeps the settings it does not bring", () => {
    const settled = given(clientDecider, registeredClient).when({ ...update, settings: { accessTokenLifetime: 60 } });
    settled.then(done(0), { type: "ClientUpdated", data: { metadata: update.metadata, settings: { accessTokenLifetime: 60 }, documentHash: digest("new") } });
    const again = given(clientDecider, settled.history).when({ ...update, documentHash: digest("newer") });
    again.then(done(0), { type: "ClientUpdated", data: { metadata: update.metadata, settings: { accessTokenLifetime: 60 }, documentHash: digest("newer") } });
    expect(again.state).toMatchObject({ status: "active", metadata: { client_name: "New" }, documentHash: digest("newer") });
  });

  it("changes nothing when the document is the one registered", () => {
    given(clientDecider, registeredClient).when({ ...update, documentHash: digest("document") }).then(unchanged);
    expect(given(clientDecider, registeredClient).when({ ...update, documentHash: digest("document"), settings: {} }).decision.outcome).toEqual(done(0));
  });

  it("replaces registration token and secret at once", () => {
    const changed = given(clientDecider, registeredClient).when({ ...update, documentHash: digest("document"), registrationTokenHash: digest("rat2"), secret: secret("second") });
    changed.then(
      done(0),
      { type: "ClientSecretRetired", data: { secretId: "first", expiresAt: T0 + 9 } },
      { type: "ClientSecretIssued", data: { secret: secret("second") } },
      { type: "RegistrationTokenRotated", data: { registrationTokenHash: digest("rat2") } },
    );
    expect(changed.state).toMatchObject({ secrets: [secret("second")], registrationTokenHash: digest("rat2") });
  });

  it("takes the secrets from a client that becomes public, and gives it none", () => {
    expect(given(clientDecider, registeredClient).when({ ...update, metadata: publicMetadata }).state).toMatchObject({ secrets: [] });
    given(clientDecider, registeredClient).when({ ...update, metadata: publicMetadata, secret: secret("second") }).then(refused("client-public"));
  });
});

describe("rotating a client secret", () => {
  const rotate = { kind: "rotate-secret", now: T0 + 9, secret: secret("second"), overlapEndsAt: T0 + 100 } as const;

  it("keeps the old one until the overlap ends", () => {
    const rotated = given(clientDecider, registeredClient).when(rotate);
    rotated.then(done(0), { type: "ClientSecretRetired", data: { secretId: "first", expiresAt: T0 + 100 } }, { type: "ClientSecretIssued", data: { secret: secret("second") } });
    expect(rotated.state).toMatchObject({ secrets: [secret("first", { expiresAt: T0 + 100 }), secret("second")] });
  });

  it("never prolongs one that ends sooner, and forgets one that has ended", () => {
    const once = given(clientDecider, registeredClient).when(rotate);
    const twice = given(clientDecider, once.history).when({ ...rotate, now: T0 + 50, secret: secret("third"), overlapEndsAt: T0 + 200 });
    expect(twice.state).toMatchObject({ secrets: [secret("first", { expiresAt: T0 + 100 }), secret("second", { expiresAt: T0 + 200 }), secret("third")] });
    const later = given(clientDecider, twice.history).when({ ...rotate, now: T0 + 100, secret: secret("fourth"), overlapEndsAt: T0 + 300 });
    expect(later.state).toMatchObject({ secrets: [secret("second", { expiresAt: T0 + 200 }), secret("third", { expiresAt: T0 + 300 }), secret("fourth")] });
  });

  it("shortens the overlap of an earlier rotation when asked to end sooner", () => {
    const once = given(clientDecider, registeredClient).when(rotate);
    expect(given(clientDecider, once.history).when({ ...rotate, now: T0 + 10, secret: secret("third"), overlapEndsAt: T0 + 10 }).state).toMatchObject({ secrets: [secret("third")] });
  });

  it("is refused for a public client", () => {
    given(clientDecider, publicClient).when(rotate).then(refused("client-public"));
  });
});

describe("suspending, reinstating, deleting and revoking", () => {
  it("suspends under a raised generation, and a reinstatement does not lower it", () => {
    const suspended = given(clientDecider, registeredClient).when({ kind: "suspend", now: T0 + 1, reason: "abuse" });
    suspended.then(done(1), { type: "ClientSuspended", data: { reason: "abuse", generation: 1 } });
    expect(suspended.state).toMatchObject({ status: "suspended", reason: "abuse", generation: 1 });
    given(clientDecider, suspended.history).when({ kind: "suspend", now: T0 + 2, reason: "abuse" }).then(unchanged);
    const reinstated = given(clientDecider, suspended.history).when({ kind: "reinstate", now: T0 + 3 });
    reinstated.then(done(1), { type: "ClientReinstated", data: {} });
    expect(reinstated.state).toMatchObject({ status: "active", generation: 1, secrets: [secret("first")] });
    expect(reinstated.state).not.toHaveProperty("reason");
  });

  it("reinstates only what is suspended", () => {
    given(clientDecider, registeredClient).when({ kind: "reinstate", now: T0 }).then(refused("client-not-suspended"));
  });

  it("deletes for good and keeps no metadata", () => {
    const deleted = given(clientDecider, suspendedClient).when({ kind: "delete", now: T0 + 5, reason: "self" });
    deleted.then(done(2), { type: "ClientDeleted", data: { reason: "self", generation: 2 } });
    expect(deleted.state).toEqual({ status: "deleted", clientId: "c1", reason: "self", at: T0 + 5, generation: 2 });
  });

  it("sweeps an unused client only when its time has come", () => {
    const dcr = at<ClientEvent>(T0, { type: "ClientRegistered", data: registration({ unusedExpiresAt: T0 + 100 }) });
    given(clientDecider, dcr).when({ kind: "delete", now: T0 + 99, reason: "unused" }).then(unchanged);
    given(clientDecider, dcr).when({ kind: "delete", now: T0 + 100, reason: "unused" }).then(done(1), { type: "ClientDeleted", data: { reason: "unused", generation: 1 } });
    given(clientDecider, registeredClient).when({ kind: "delete", now: T0 + 999, reason: "unused" }).then(unchanged);
  });

  it("revokes everything by raising the generation, each time", () => {
    const once = given(clientDecider, registeredClient).when({ kind: "revoke-all", now: T0, reason: "admin" });
    once.then(done(1), { type: "ClientGenerationRaised", data: { generation: 1, reason: "admin" } });
    expect(given(clientDecider, once.history).when({ kind: "revoke-all", now: T0, reason: "admin" }).state).toMatchObject({ generation: 2 });
  });

  it("rotates the registration access token", () => {
    const rotated = given(clientDecider, registeredClient).when({ kind: "rotate-registration-token", now: T0, registrationTokenHash: digest("rat2") });
    rotated.then(done(0), { type: "RegistrationTokenRotated", data: { registrationTokenHash: digest("rat2") } });
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
    expect(fold(clientDecider, at<ClientEvent>(T0, { type: "ClientSecretRetired", data: { secretId: "unknown", expiresAt: 0 } }), active)).toEqual(active);
  });

  it("survives a type and a command it has never heard of", () => {
    const state = fold(clientDecider, registeredClient);
    expect(clientDecider.evolve(state, { type: "FromTheFuture", data: {}, at: T0 } as never)).toBe(state);
    expect(clientDecider.decide({ kind: "from-the-future" } as never, state).outcome).toEqual(refused("client-unknown"));
  });
});
