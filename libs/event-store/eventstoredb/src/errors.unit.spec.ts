import {
  AccessDeniedError,
  DeadlineExceededError,
  MaxAppendSizeExceededError,
  UnavailableError,
  UnknownError,
  WrongExpectedVersionError,
} from "@eventstore/db-client";
import { EventStoreUnavailable } from "@grantline/event-store";
import { Metadata, status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { connect } from "./connection.ts";
import { EventStoreRefused, isConflict, isMisdirected, isWorthAgain, translated } from "./errors.ts";

const ofTransport = (code: status, details = "as told", beside: Readonly<Record<string, string>> = {}): Error => {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(beside)) metadata.set(name, value);
  return Object.assign(new Error(details), { code, details, metadata });
};

describe("what the client throws", () => {
  it("is an unknown outcome wherever nobody can say that it was not done", () => {
    for (const error of [
      new DeadlineExceededError(),
      new UnavailableError(),
      new UnknownError(),
      ofTransport(status.UNAVAILABLE),
      ofTransport(status.DEADLINE_EXCEEDED),
      ofTransport(status.INTERNAL, "Received RST_STREAM with code 2"),
      ofTransport(status.CANCELLED, "the server shuts down"),
      new Error("Failed to discover after 10 attempts."),
      // As a proxy might cut it down: the server's own words are missing.
      ofTransport(status.NOT_FOUND, "Leader info available", { exception: "not-leader" }),
    ])
      expect(translated(error)).toBeInstanceOf(EventStoreUnavailable);
  });

  it("is a refusal where trying again changes nothing", () => {
    for (const error of [
      new AccessDeniedError(),
      MaxAppendSizeExceededError.fromMaxAppendSize(1_048_576),
      ofTransport(status.UNAUTHENTICATED),
      ofTransport(status.FAILED_PRECONDITION, "deleted", { exception: "stream-deleted", "stream-name": "thing-1" }),
    ])
      expect(translated(error)).toBeInstanceOf(EventStoreRefused);
  });

  it("keeps faults of ours as they are", () => {
    const fault = new TypeError("undefined is not a function");
    expect(translated(fault)).toBe(fault);
  });

  it("tells a conflict, another leader and what is worth asking again apart", () => {
    const conflict = new WrongExpectedVersionError(null as never, { streamName: "s", current: 3n, expected: 1n });
    expect([isConflict(conflict), isConflict(new UnavailableError())]).toEqual([true, false]);
    const leader = ofTransport(status.NOT_FOUND, "Leader info available", {
      exception: "not-leader",
      "leader-endpoint-host": "10.0.0.2",
      "leader-endpoint-port": "2113",
    });
    expect([isWorthAgain(leader), isWorthAgain(new UnavailableError()), isWorthAgain(new DeadlineExceededError())]).toEqual([
      true,
      true,
      false,
    ]);
    expect(isMisdirected(new UnavailableError())).toBe(false);
  });
});

describe("a connection string", () => {
  it("that can't be understood is told without quoting it", () => {
    expect(() => connect("esdb://admin:s3cret-password@host:port?tls=false")).toThrow(EventStoreRefused);
    for (const bad of ["esdb://admin:s3cret-password@host:port?tls=false", "postgres://admin:s3cret-password@host/db"])
      expect(() => connect(bad)).toThrow(/^(?!.*s3cret)/);
  });

  it("may have the database's new name", async () => {
    await connect("kurrentdb://127.0.0.1:2113?tls=false").close();
  });
});
