import { describe, expect, it } from "vitest";
import { publicClient, registeredClient, secret } from "../testing/clients.ts";
import { decided, given } from "../testing/given.ts";
import { T0 } from "../testing/grants.ts";
import { clientDecider } from "./index.ts";

const done = (generation: number) => ({ kind: "done", generation }) as const;

describe("rotating a client secret", () => {
  const rotate = { kind: "rotate-secret", now: T0 + 9, secret: secret("second"), overlapEndsAt: T0 + 100 } as const;

  it("keeps the old one until the overlap ends", () => {
    const rotated = given(clientDecider, registeredClient).when(rotate);
    expect(rotated.decision).toEqual(
      decided(
        done(0),
        { type: "ClientSecretRetired", data: { secretId: "first", expiresAt: T0 + 100 } },
        { type: "ClientSecretIssued", data: { secret: secret("second") } },
      ),
    );
    expect(rotated.state).toMatchObject({ secrets: [secret("first", { expiresAt: T0 + 100 }), secret("second")] });
  });

  it("never prolongs one that ends sooner, and forgets one that has ended", () => {
    const once = given(clientDecider, registeredClient).when(rotate);
    const twice = given(clientDecider, once.history).when({ ...rotate, now: T0 + 50, secret: secret("third"), overlapEndsAt: T0 + 200 });
    expect(twice.state).toMatchObject({
      secrets: [secret("first", { expiresAt: T0 + 100 }), secret("second", { expiresAt: T0 + 200 }), secret("third")],
    });
    const later = given(clientDecider, twice.history).when({ ...rotate, now: T0 + 100, secret: secret("fourth"), overlapEndsAt: T0 + 300 });
    expect(later.state).toMatchObject({
      secrets: [secret("second", { expiresAt: T0 + 200 }), secret("third", { expiresAt: T0 + 300 }), secret("fourth")],
    });
  });

  it("says nothing of one that ends with the overlap anyway", () => {
    const once = given(clientDecider, registeredClient).when(rotate);
    const { events } = given(clientDecider, once.history).when({ ...rotate, secret: secret("third") }).decision;
    expect(events.map(({ data }) => data)).toEqual([{ secretId: "second", expiresAt: T0 + 100 }, { secret: secret("third") }]);
  });

  it("shortens the overlap of an earlier rotation when asked to end sooner", () => {
    const once = given(clientDecider, registeredClient).when(rotate);
    expect(
      given(clientDecider, once.history).when({ ...rotate, now: T0 + 10, secret: secret("third"), overlapEndsAt: T0 + 10 }).state,
    ).toMatchObject({ secrets: [secret("third")] });
  });

  it("is refused for a public client", () => {
    expect(given(clientDecider, publicClient).when(rotate).decision).toEqual(decided({ kind: "refused", reason: "client-public" }));
  });
});
