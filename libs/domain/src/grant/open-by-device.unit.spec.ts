import { describe, expect, it } from "vitest";
import { decided, given } from "../testing/given.ts";
import { access, authorization, good, refresh, T0 } from "../testing/grants.ts";
import { type GrantCommand, grantDecider } from "./index.ts";

type Open = Extract<GrantCommand, { kind: "open-by-device" }>;

const { codeChallenge: _challenge, redirectUri: _uri, ...event } = authorization({ redirectUriGiven: false });
const open = (changes: Partial<Open> = {}): Open => ({
  kind: "open-by-device",
  now: T0 + 1,
  event,
  standing: good,
  access: access(0),
  refresh: refresh(1),
  ...changes,
});
const refused = (reason: string) => decided({ kind: "refused", reason } as never);

describe("opening a grant by a device code", () => {
  it("authorizes and issues in one append", () => {
    const { decision, state } = given(grantDecider).when(open());
    expect(decision).toEqual(
      decided(
        { kind: "redeemed" },
        { type: "GrantAuthorized", data: event },
        { type: "CodeRedeemed", data: { access: access(0), refresh: refresh(1) } },
      ),
    );
    expect(state).toMatchObject({ status: "active", basis: { clientId: "c1", subject: "s1" }, tokens: [{ n: 0 }] });
  });

  it("happens once; whoever comes again is refused and revokes nothing", () => {
    const { history } = given(grantDecider).when(open());
    expect(given(grantDecider, history).when(open()).decision).toEqual(refused("grant-exists"));
  });

  it("is refused after the end of the code, without standing, and beyond what was allowed", () => {
    expect(given(grantDecider).when(open({ now: event.codeExpiresAt })).decision).toEqual(refused("code-expired"));
    expect(given(grantDecider).when(open({ standing: { ...good, subjectActive: false } })).decision).toEqual(refused("standing-lost"));
    expect(given(grantDecider).when(open({ access: access(0, { scope: ["root"] }) })).decision).toEqual(refused("scope-widened"));
  });

  it("records no refresh token the approval does not allow", () => {
    const { state } = given(grantDecider).when(open({ event: { ...event, refreshable: false } }));
    expect(state).toMatchObject({ status: "active" });
    expect(state).not.toHaveProperty("refresh");
  });

  it("leaves nothing that an authorization code could redeem", () => {
    const { history } = given(grantDecider).when(open());
    const redeem: GrantCommand = {
      kind: "redeem-code",
      now: T0 + 2,
      clientId: "c1",
      codeHash: event.codeHash,
      verifierChallenge: "x".repeat(43),
      standing: good,
      access: access(0),
    };
    expect(given(grantDecider, history).when(redeem).decision).toEqual(refused("pkce-mismatch"));
  });
});
