import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitFilter } from "./filter.ts";

const passes = (filter: Parameters<typeof splitFilter>[0], prefix: string, stream: string, type: string): boolean => {
  const { server, passes: rest, nothing } = splitFilter(filter, prefix);
  return !nothing && new RegExp(server.regex).test(server.on === "stream" ? stream : type) && rest(stream);
};

describe("the filter given to the server", () => {
  it("leaves the server's own streams out, and asks for nothing else where nothing else is wanted", () => {
    expect(splitFilter({}, "").server).toEqual({ on: "stream", regex: "^(?!\\$)" });
    expect(passes({}, "", "$stats-127.0.0.1:2113", "$statsCollected")).toBe(false);
    expect(passes({}, "", "$$grant-1", "$metadata")).toBe(false);
    expect(passes({}, "", "grant-1", "GrantAuthorized")).toBe(true);
  });

  it("asks for types where there are some, in full and not as beginnings", () => {
    const { server } = splitFilter({ types: ["GrantRevoked", "A.B"] }, "");
    expect(server).toEqual({ on: "type", regex: "^(?:GrantRevoked|A\\.B)$" });
    expect(passes({ types: ["GrantRevoked"] }, "", "grant-1", "GrantRevokedAgain")).toBe(false);
    expect(splitFilter({ types: [] }, "").nothing).toBe(true);
  });

  it("together with what is checked here passes exactly what the filter wants, whatever the names", () => {
    const name = fc.string({ minLength: 1, maxLength: 8 });
    const filter = fc.record({ types: fc.array(name, { maxLength: 3 }), except: name }, { requiredKeys: [] });
    fc.assert(
      fc.property(filter, fc.constantFrom("", "one.", "a+b-"), name, name, fc.boolean(), (wanted, prefix, stream, type, knownType) => {
        const typeHere = knownType ? (wanted.types?.[0] ?? type) : type;
        for (const full of [prefix + stream, stream, `${prefix}${wanted.except ?? ""}${stream}`, `$${stream}`]) {
          const ours = prefix === "" ? !full.startsWith("$") : full.startsWith(prefix);
          const typed = wanted.types === undefined || wanted.types.includes(typeHere);
          const left = wanted.except !== undefined && full.startsWith(prefix + wanted.except);
          expect(passes(wanted, prefix, full, typeHere)).toBe(ours && typed && !left);
        }
      }),
    );
  });
});
