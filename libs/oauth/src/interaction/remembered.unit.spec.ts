import { describe, expect, it } from "vitest";
import type { ClientView } from "../context/index.ts";
import type { Interaction } from "./interaction.ts";
import { mayRemember } from "./remembered.ts";

const asked = (verification: ClientView["state"]["verification"], redirectUri: string, how = "admin"): boolean =>
  mayRemember({ request: { redirectUri } } as Interaction, { state: { verification, how } } as ClientView);

describe("a person's decision about a client", () => {
  it("stands for the next one where nobody else can take the answer: an https address, or a client of the operator's", () => {
    expect(asked("dcr", "https://app.example/cb")).toBe(true);
    expect(asked("cimd", "https://app.example/cb")).toBe(true);
    for (const uri of ["http://localhost:1/cb", "com.example.app:/cb"]) expect(asked("operator", uri)).toBe(true);
  });

  it("does not where any program on the machine can pose as the client (RFC 8252 §8.6)", () => {
    for (const level of ["dcr", "cimd"] as const)
      for (const uri of ["http://localhost:1/cb", "http://127.0.0.1/cb", "http://[::1]:9/cb", "com.example.app:/cb", "cursor://x/cb"])
        expect(asked(level, uri)).toBe(false);
  });

  it("does not where everybody knows the client's id, because every installation has it", () => {
    expect(asked("operator", "http://127.0.0.1:7/callback", "bootstrap")).toBe(false);
  });
});
