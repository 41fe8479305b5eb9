import { describe, expect, it } from "vitest";
import type { DomainEvent } from "@grantline/domain/kernel";
import type { ReadEvent } from "@grantline/event-store";
import type { Projection, RowDraft } from "../projection.ts";
import {
  clientsProjection,
  consentsProjection,
  grantsProjection,
  projections,
  resourcesProjection,
  securityProjection,
  serversProjection,
  subjectsProjection,
  upstreamsProjection,
  dueHour,
} from "./index.ts";

/** Given the events of one stream, the row they end in. */
function fold(projection: Projection, ...events: readonly DomainEvent[]): RowDraft | undefined {
  return events.reduce<RowDraft | undefined>((row, event, n) => {
    const read = { event: { ...event, at: 1_000 + n } } as unknown as ReadEvent;
    return projection.fold(row?.value, read, "id") ?? row;
  }, undefined);
}

const metadata = {
  client_name: "App",
  redirect_uris: [],
  grant_types: [],
  response_types: [],
  token_endpoint_auth_method: "none",
  application_type: "native",
};
const registered = {
  type: "ClientRegistered",
  data: { clientId: "c", how: "dcr", metadata, settings: {}, documentHash: "h", registrationTokenHash: "secret-hash", unusedExpiresAt: 9 },
};
const seen = { type: "SubjectSeen", data: { subject: "id", claims: "sealed-claims", groups: ["staff"] } };
const resource = { type: "ResourceRegistered", data: { resourceId: "id", uri: "https://r.example/", name: "R", clientId: "rc" } };
const denied = { type: "GrantDenied", data: { clientId: "c", subject: "s", reason: "access-denied" } };
const consent = { type: "ConsentGranted", data: { subject: "s", clientId: "c", scopes: { r1: ["a"], "": ["openid"] }, remember: true } };

describe("the clients projection", () => {
  it("lists what a client is, without any hash", () => {
    const row = fold(clientsProjection, registered);
    expect(row).toMatchObject({
      value: { clientId: "c", status: "active", name: "App", createdAt: 1_000 },
      columns: { client: "c", status: "active", how: "dcr", expiring: "yes" },
    });
    expect(JSON.stringify(row)).not.toContain("hash");
  });

  it("follows suspension, reinstatement, change and deletion, and nothing after that", () => {
    const suspended = fold(clientsProjection, registered, { type: "ClientSuspended", data: { reason: "abuse", generation: 1 } });
    expect(suspended).toMatchObject({ value: { status: "suspended", reason: "abuse" }, columns: { status: "suspended" } });
    const reinstated = fold(
      clientsProjection,
      registered,
      { type: "ClientSuspended", data: { reason: "abuse", generation: 1 } },
      { type: "ClientReinstated", data: {} },
    );
    expect(reinstated?.value).not.toHaveProperty("reason");
    const { client_name: _name, ...nameless } = metadata;
    expect(
      fold(clientsProjection, registered, { type: "ClientUpdated", data: { metadata: nameless, settings: {}, documentHash: "h" } })?.value,
    ).not.toHaveProperty("name");
    const deleted = fold(
      clientsProjection,
      registered,
      { type: "ClientDeleted", data: { reason: "self", generation: 1 } },
      { type: "ClientReinstated", data: {} },
    );
    expect(deleted?.value).toMatchObject({ status: "deleted", reason: "self", updatedAt: 1_001 });
  });
});

describe("the subjects projection", () => {
  it("knows nothing of the person", () => {
    const text = JSON.stringify(fold(subjectsProjection, seen));
    expect(text).not.toMatch(/claims|staff/);
  });

  it("follows disabling, enabling and erasure, which is the end", () => {
    expect(fold(subjectsProjection, seen, { type: "SubjectDisabled", data: { reason: "left", generation: 1 } })?.value).toMatchObject({
      status: "disabled",
      reason: "left",
    });
    expect(
      fold(
        subjectsProjection,
        seen,
        { type: "SubjectDisabled", data: { reason: "left", generation: 1 } },
        { type: "SubjectEnabled", data: {} },
      )?.value,
    ).not.toHaveProperty("reason");
    expect(
      fold(subjectsProjection, seen, { type: "SubjectErased", data: { generation: 1 } }, seen, { type: "SubjectEnabled", data: {} })?.value,
    ).toMatchObject({ status: "erased", updatedAt: 1_001 });
  });
});

describe("the resources projection", () => {
  it("follows scopes, policies and removal; one that comes back begins anew", () => {
    const removed = [
      resource,
      { type: "ScopesDefined", data: { scopes: [{ name: "read", description: "Read" }] } },
      { type: "ResourceRemoved", data: { generation: 1 } },
    ];
    expect(fold(resourcesProjection, ...removed)?.value).toMatchObject({ status: "removed", scopes: [{ name: "read" }] });
    expect(fold(resourcesProjection, ...removed, resource)?.value).toMatchObject({ status: "active", scopes: [], createdAt: 1_003 });
  });
});

describe("the grants projection", () => {
  it("lists a denial as ended", () => {
    expect(fold(grantsProjection, denied)).toMatchObject({
      value: { status: "denied", reason: "access-denied", endedAt: 1_000 },
      columns: { client: "c", subject: "s", status: "denied", resource: [] },
    });
  });
});

describe("the consents projection", () => {
  it("lists by subject, client and resource, and shows no scope once withdrawn", () => {
    expect(fold(consentsProjection, consent)).toMatchObject({
      value: { status: "granted", scopes: consent.data.scopes },
      columns: { subject: "s", client: "c", resource: ["r1"] },
    });
    expect(fold(consentsProjection, consent, { type: "ConsentWithdrawn", data: { generation: 1 } })?.value).toMatchObject({
      status: "withdrawn",
      scopes: {},
      grantedAt: 1_000,
    });
  });

  it("adds remembered consent up and takes narrowing as it is", () => {
    const more = { ...consent, data: { ...consent.data, scopes: { r2: ["b"] } } };
    expect(fold(consentsProjection, consent, more)?.columns).toMatchObject({ resource: ["r1", "r2"] });
    expect(fold(consentsProjection, consent, { type: "ConsentNarrowed", data: { scopes: { r1: [] } } })?.value).toMatchObject({
      scopes: { r1: [] },
    });
  });
});

describe("the security projection", () => {
  it("keeps a counted event for a week", () => {
    const row = fold(securityProjection, { type: "LoginFailed", data: { reason: "login-failed", count: 3, minute: 960 } });
    expect(row).toEqual({
      value: { type: "LoginFailed", reason: "login-failed", count: 3, minute: 960, at: 1_000 },
      columns: { type: "LoginFailed", reason: "login-failed" },
      expiresAt: 1_000 + 604_800,
    });
  });
});

describe("the projections of third-party servers", () => {
  const server = { name: "id", url: "https://mcp.example/", provider: "github", authorization: "oauth", scopes: [], policy: {} };
  const added = { type: "ServerAdded", data: { server, resourceId: "r1" } };
  const tokens = { generation: 2, record: 1, scopes: ["a"], expiresAt: 7_300, refreshable: true };
  const authorized = { type: "UpstreamAuthorized", data: { attempt: "t", provider: "github", secretName: "n", target: "x", ...tokens } };

  it("list a server by its provider while it is there", () => {
    expect(fold(serversProjection, added)).toMatchObject({ value: { server }, columns: { status: "active", provider: "github" } });
    const removed = fold(serversProjection, added, { type: "ServerRemoved", data: { name: "id" } });
    expect(removed).toMatchObject({ value: { status: "removed", createdAt: 1_000, updatedAt: 1_001 }, columns: { status: "removed" } });
    expect(removed?.value).not.toHaveProperty("server");
    expect(fold(serversProjection, added, { type: "ServerRemoved", data: { name: "id" } }, added)?.value).toMatchObject({
      status: "active",
    });
  });

  it("find a connection by the hour its tokens end in, while they can be refreshed", () => {
    expect(fold(upstreamsProjection, authorized)?.columns).toMatchObject({ status: "connected", due: dueHour(7_300) });
    expect(dueHour(7_199)).not.toBe(dueHour(7_200));
    const lasting = { ...authorized, data: { ...authorized.data, refreshable: false } };
    expect(fold(upstreamsProjection, lasting)?.columns).not.toHaveProperty("due");
    const revoked = fold(upstreamsProjection, authorized, { type: "UpstreamRevoked", data: { generation: 2, reason: "user" } });
    expect(revoked?.columns).toMatchObject({ status: "revoked" });
    expect(revoked?.columns).not.toHaveProperty("due");
  });
});

describe("every projection", () => {
  it.each(projections.filter((projection) => projection.rows === "stream").map((projection) => [projection.name, projection] as const))(
    "%s: makes nothing of a stream whose beginning it has not seen",
    (_name, projection) => {
      for (const type of Object.keys(projection.definitions)) {
        if (
          /Registered|RegistrationRequested|AnomalyDetected|SignalStreamCreated|SignalStreamDeleted|Seen|GrantAuthorized|GrantDenied|ConsentGranted|ServerAdded|CodeReceived|UpstreamAuthoriz/.test(
            type,
          )
        )
          continue;
        expect(fold(projection, { type, data: { scopes: {}, reason: "x" } })).toBeUndefined();
      }
    },
  );
});
