import { describe, expect, it } from "vitest";
import { bridgeDecider } from "../bridge/index.ts";
import { clientDecider } from "../client/index.ts";
import { consentDecider } from "../consent/index.ts";
import { findingDecider } from "../finding/index.ts";
import { flagDecider } from "../flag/index.ts";
import { deviceDecider } from "../device/index.ts";
import { grantDecider } from "../grant/index.ts";
import type { AnyEventDefinition } from "../kernel/index.ts";
import { keyringDecider } from "../keyring/index.ts";
import { leaseDecider } from "../lease/index.ts";
import { loginDecider } from "../login/index.ts";
import { receiverDecider } from "../receiver/index.ts";
import { resourceDecider } from "../resource/index.ts";
import { segmentsDecider } from "../segments/index.ts";
import { subjectDecider } from "../subject/index.ts";
import { tokenDecider } from "../token/index.ts";
import { catalogue, definitionsOf, streams } from "./index.ts";

const all = Object.entries(catalogue).flatMap(([stream, events]) =>
  Object.entries<AnyEventDefinition>(events).map(([type, definition]) => [`${stream}/${type}`, definition] as const),
);

describe("the catalogue of events", () => {
  it("is found by the name of a stream", () => {
    expect(definitionsOf("grant-eu1abc")).toBe(catalogue.grant);
    expect(definitionsOf("consent-s1-c1")).toBe(catalogue.consent);
    for (const unknown of ["flags-x", "grant", "", "-grant", "constructor-x"]) expect(definitionsOf(unknown)).toBeUndefined();
  });

  it("holds the very definitions of every decider, under its stream's word", () => {
    for (const decider of [
      grantDecider,
      clientDecider,
      keyringDecider,
      resourceDecider,
      consentDecider,
      deviceDecider,
      subjectDecider,
      loginDecider,
      segmentsDecider,
      tokenDecider,
      leaseDecider,
      flagDecider,
      findingDecider,
      receiverDecider,
      bridgeDecider,
    ]) {
      expect(definitionsOf(`${decider.stream}-1`)).toBe(decider.events);
    }
  });

  it("names every stream by its word and says what it is about", () => {
    expect(Object.keys(streams)).toEqual(Object.keys(catalogue));
    for (const [word, { pattern, about }] of Object.entries(streams)) {
      expect(pattern.startsWith(`${word}-{`)).toBe(true);
      expect(about).toMatch(/\.$/);
    }
  });

  it.each(all)("%s is named in PascalCase, described, and described in every field", (name, { about, version, fields }) => {
    expect(name).toMatch(/^[a-z]+\/([A-Z][a-z]+)+$/);
    expect(version).toBeGreaterThanOrEqual(1);
    for (const text of [about, ...Object.values(fields).map((field) => field.about)]) expect(text).toMatch(/[.?]$/);
  });

  it.each(all)("%s can be lifted from every version it ever had", (_name, { version, upcasters }) => {
    expect(Object.keys(upcasters ?? {})).toEqual(Array.from({ length: version - 1 }, (_, index) => String(index + 1)));
  });

  it("lets readers skip only what changes nobody's rights (P11)", () => {
    expect(all.filter(([, { ignorable }]) => ignorable).map(([name]) => name)).toEqual([
      "grant/RefreshRetried",
      "grant/CodeReplayDetected",
      "grant/RefreshReuseDetected",
      "device/SlowDownIssued",
      "security/ClientAuthenticationFailed",
      "security/LoginFailed",
      "security/RateLimited",
      "security/RequestRefused",
      "security/AnomalyDetected",
      "audit/AuditRead",
      "gateway/ToolCallDecided",
      "gateway/UpstreamAuthorizationAsked",
      "gateway/UpstreamCallRetried",
      "gateway/UpstreamCallFailed",
      "gateway/GatewayStreamClosed",
      "finding/AnomalyDetected",
      "finding/ResponseTaken",
      "finding/ResponseLifted",
      "receiver/SignalStreamCreated",
      "receiver/SignalStreamUpdated",
      "receiver/SignalStreamStatusChanged",
      "receiver/SignalVerificationRequested",
      "receiver/SignalStreamDeleted",
      "bridge/RegistrationUsed",
    ]);
  });
});
