import { describe, expect, it } from "vitest";
import type { ReadEvent } from "@grantline/event-store";
import type { RowDraft } from "../projection.ts";
import { bridgesProjection } from "./index.ts";

const request = {
  type: "RegistrationRequested",
  data: { bridgeId: "b", clientId: "b", life: 1, documentHash: "one", clientSecretHash: "hash-1", registrationTokenHash: "hash-2" },
};
const created = { type: "EntraAppCreated", data: { appId: "a", objectId: "o", documentHash: "one" } };
const completed = { type: "RegistrationCompleted", data: {} };
const issued = { type: "EntraSecretIssued", data: { keyId: "k", secretName: "n", endsAt: 9 } };
const metadata = { token_endpoint_auth_method: "client_secret_basic" };
const changed = { type: "RegistrationChanged", data: { documentHash: "two", metadata, registrationTokenHash: "hash-3" } };

function fold(...events: readonly object[]): RowDraft | undefined {
  return events.reduce<RowDraft | undefined>((row, event, n) => {
    const read = { event: { ...event, at: 1_000 + n } } as unknown as ReadEvent;
    return bridgesProjection.fold(row?.value, read, "b") ?? row;
  }, undefined);
}

describe("the bridges projection", () => {
  it("names those somebody has to go on with, and no others", () => {
    const unfinished = (...events: readonly object[]) => fold(...events)?.columns;
    expect(unfinished(request)).toEqual({ status: "pending", unfinished: "yes" });
    expect(unfinished(request, created, completed)).toEqual({ status: "active" });
    expect(unfinished(request, created, completed, issued)).toEqual({ status: "active", unfinished: "yes" });
    expect(unfinished(request, created, completed, changed)).toEqual({ status: "active", unfinished: "yes" });
    const ended = [request, created, completed, { type: "RegistrationEnded", data: { reason: "self" } }];
    expect(unfinished(...ended)).toEqual({ status: "ending", unfinished: "yes" });
    expect(unfinished(...ended, { type: "CompensationDone", data: {} })).toEqual({ status: "gone" });
  });

  it("shows no hash of what the client authenticates with", () => {
    expect(JSON.stringify(fold(request, created, completed, changed))).not.toContain("hash-");
  });

  it("makes no row of an event that fits nothing", () => {
    expect(fold(created)).toBeUndefined();
  });
});
