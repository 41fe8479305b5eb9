// Fake: opening of addresses, which counts, and fingerprints that can be read.
import { describe, expect, it } from "vitest";
import { grantEvents, type GrantState } from "@grantline/domain/grant";
import { subjectEvents } from "@grantline/domain/subject";
import { sealEvents, type StoredEvent } from "@grantline/event-store";
import { createObserver } from "./observer.ts";

const ended = (stream: string, ip: string, userAgent?: string): StoredEvent => ({
  ...sealEvents({
    stream,
    previousHash: "",
    revision: 0,
    events: [{ type: "GrantExpired", data: { reason: "idle" } }],
    definitions: grantEvents,
    meta: {
      correlationId: "c",
      actor: { kind: "client", id: "app" },
      region: "eu1",
      service: "test",
      ip,
      ...(userAgent === undefined ? {} : { userAgent }),
    },
    atMs: 0,
  })[0]!,
  position: "1",
});

const erased = (subject: string): StoredEvent => ({
  ...sealEvents({
    stream: `subject-${subject}`,
    previousHash: "",
    revision: 0,
    events: [{ type: "SubjectErased", data: { generation: 1 } }],
    definitions: subjectEvents,
    meta: { correlationId: "c", actor: { kind: "operator", id: "a" }, region: "eu1", service: "test" },
    atMs: 0,
  })[0]!,
  position: "2",
});

function observing() {
  const opened: string[] = [];
  const observe = createObserver({
    openAddress: (sealed) => {
      opened.push(sealed);
      return sealed.startsWith("lost") ? undefined : sealed.replace(/^sealed /, "");
    },
    fingerprint: (of, value) => `${of}: ${value}`,
    loadGrant: async (grantId) => ({ status: "denied", subject: `person of ${grantId}`, clientId: "app" }) as GrantState,
  });
  return { opened, observe };
}

describe("the place of an event", () => {
  it("is worked out once for a person and a seal, and anew for another of either", async () => {
    const { opened, observe } = observing();
    for (let times = 0; times < 3; times++) {
      expect(await observe(ended("grant-1", "sealed 192.0.2.7", "sealed agent/1.2"))).toMatchObject({
        network: "network person of 1: 192.0.2",
        agent: "agent person of 1: agent/0",
      });
    }
    expect(opened).toEqual(["sealed 192.0.2.7", "sealed agent/1.2"]);
    expect(await observe(ended("grant-2", "sealed 192.0.2.7"))).toMatchObject({ network: "network person of 2: 192.0.2" });
    expect(await observe(ended("grant-1", "sealed 198.51.100.7"))).toMatchObject({ network: "network person of 1: 198.51.100" });
    expect(opened).toHaveLength(4);
  });

  it("of a person who was erased is remembered no longer (P9)", async () => {
    const { opened, observe } = observing();
    const of = (grant: string) => observe(ended(`grant-${grant}`, "sealed 192.0.2.7"));
    for (const grant of ["1", "2"]) await of(grant);
    await observe(erased("person of 1"));
    expect(opened).toHaveLength(2);
    for (const grant of ["1", "2"]) await of(grant);
    expect(opened).toHaveLength(3);
  });

  it("is unknown where the day's key is gone", async () => {
    const { observe } = observing();
    expect(await observe(ended("grant-1", "lost"))).not.toHaveProperty("network");
  });
});
