import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AccessRule, permittedScopes, type Principal, type RegisteredResource, type ScopeDefinition } from "./index.ts";

const anybody: AccessRule = {
  subjects: { any: true },
  entities: ["human", "service", "agent"],
  verification: ["operator", "cimd", "dcr"],
  scopes: ["*"],
};
const define = (...names: readonly string[]): readonly ScopeDefinition[] => names.map((name) => ({ name, description: name }));

function resource(rules: readonly Partial<AccessRule>[], scopes = define("read", "write")): RegisteredResource {
  return {
    resourceId: "r1",
    uri: "https://one.test/",
    name: "One",
    clientId: "rs",
    scopes,
    policy: { rules: rules.map((rule) => ({ ...anybody, ...rule })) },
    tokenPolicy: {},
    generation: 0,
  };
}

const person: Principal = {
  entity: "human",
  subject: "s1",
  groups: ["staff"],
  claims: { department: "sales", level: 3, roles: ["a", "b"], nested: { a: 1 } },
  verification: "dcr",
  operator: false,
};

describe("the access policy of a resource (P14)", () => {
  it("gives nobody anything without a rule", () => {
    expect(permittedScopes(resource([]), person, ["read"])).toEqual([]);
  });

  it("gives what was asked and what the rules hold, in the order asked, each once", () => {
    expect(permittedScopes(resource([{}]), person, ["write", "unknown", "read", "write"])).toEqual(["write", "read"]);
    expect(permittedScopes(resource([{ scopes: ["read"] }]), person, ["write", "read"])).toEqual(["read"]);
  });

  it("adds the rules up", () => {
    expect(permittedScopes(resource([{ scopes: ["read"] }, { scopes: ["write"] }]), person, ["read", "write"])).toEqual(["read", "write"]);
    expect(
      permittedScopes(resource([{ scopes: ["read"] }, { scopes: ["write"], entities: ["service"] }]), person, ["read", "write"]),
    ).toEqual(["read"]);
  });

  it("never gives a scope the resource does not define, even if a rule names it", () => {
    expect(permittedScopes(resource([{ scopes: ["delete"] }]), person, ["delete"])).toEqual([]);
  });

  it("falls back to the default scopes when none is asked, all when none is marked, and cuts them by policy", () => {
    const marked = [
      { name: "read", description: "", default: true },
      { name: "write", description: "" },
    ];
    expect(permittedScopes(resource([{}], marked), person, undefined)).toEqual(["read"]);
    expect(permittedScopes(resource([{}]), person, undefined)).toEqual(["read", "write"]);
    expect(permittedScopes(resource([{ scopes: ["write"] }], marked), person, undefined)).toEqual([]);
    expect(permittedScopes(resource([{}]), person, [])).toEqual([]);
  });

  it.each<[string, Partial<AccessRule>, boolean]>([
    ["its entity kind", { entities: ["human"] }, true],
    ["another entity kind", { entities: ["agent", "service"] }, false],
    ["its verification level", { verification: ["dcr"] }, true],
    ["another verification level", { verification: ["operator", "cimd"] }, false],
    ["one of its groups", { subjects: { groups: ["admins", "staff"] } }, true],
    ["other groups", { subjects: { groups: ["admins"] } }, false],
    ["its subject", { subjects: { subjects: ["s0", "s1"] } }, true],
    ["other subjects", { subjects: { subjects: ["s0"] } }, false],
    ["its claim", { subjects: { claim: { name: "department", values: ["sales"] } } }, true],
    ["its claim with another value", { subjects: { claim: { name: "department", values: ["Sales"] } } }, false],
    ["a number as a claim", { subjects: { claim: { name: "level", values: ["3"] } } }, true],
    ["a claim that is a list", { subjects: { claim: { name: "roles", values: ["b"] } } }, true],
    ["a claim that is an object", { subjects: { claim: { name: "nested", values: ["[object Object]"] } } }, false],
    ["a claim it does not have", { subjects: { claim: { name: "missing", values: ["undefined"] } } }, false],
    ["a claim every object inherits", { subjects: { claim: { name: "constructor", values: [String(Object)] } } }, false],
  ])("with a rule for %s", (_what, rule, admitted) => {
    expect(permittedScopes(resource([rule]), person, ["read"])).toEqual(admitted ? ["read"] : []);
  });

  it("has no subject to match for a client that acts for itself", () => {
    const { subject: _subject, ...service } = { ...person, entity: "service" as const };
    expect(permittedScopes(resource([{ subjects: { subjects: ["s1"] } }]), service, ["read"])).toEqual([]);
    expect(permittedScopes(resource([{}]), service, ["read"])).toEqual(["read"]);
  });
});

describe("scopes that administer Grantline (P14)", () => {
  const admin = resource([{ scopes: ["grantline:admin"] }], define("grantline:admin"));
  const { subject: _, ...nobody } = person;
  const may = (changes: Partial<Principal>, on = admin) => permittedScopes(on, { ...person, ...changes }, ["grantline:admin"]).length > 0;
  const program = (changes: Partial<Principal>) => permittedScopes(admin, { ...nobody, ...changes }, ["grantline:admin"]).length > 0;

  it("are for clients an operator made and people named as operators", () => {
    expect(may({ verification: "operator", operator: true })).toBe(true);
    expect(program({ verification: "operator", entity: "service" })).toBe(true);
    expect(program({ verification: "operator", entity: "agent" })).toBe(true);
  });

  it("are not had by a person who is no operator through an agent that an operator made", () => {
    expect(may({ verification: "operator", entity: "agent" })).toBe(false);
  });

  it("are not had through a client that registered itself, whoever logs in", () => {
    expect(may({ verification: "dcr", operator: true })).toBe(false);
    expect(may({ verification: "cimd", operator: true })).toBe(false);
    expect(may({ verification: "dcr", entity: "service" })).toBe(false);
  });

  it("are not had by a person who is no operator", () => {
    expect(may({ verification: "operator" })).toBe(false);
  });

  it("are never within a wildcard", () => {
    expect(may({ verification: "operator", operator: true }, resource([{}], define("grantline:admin", "read")))).toBe(false);
  });

  it("are never given beyond rule, request and definition, whatever the input", () => {
    const name = fc.constantFrom("read", "write", "grantline:admin", "grantline:audit", "other");
    const names = fc.uniqueArray(name);
    const rule = fc.record({
      scopes: fc.uniqueArray(fc.constantFrom<string>("read", "*", "grantline:admin")),
      entities: fc.uniqueArray(fc.constantFrom("human" as const, "service" as const)),
      verification: fc.uniqueArray(fc.constantFrom("operator" as const, "dcr" as const)),
    });
    const who = fc.record({
      entity: fc.constantFrom("human" as const, "service" as const),
      verification: fc.constantFrom("operator" as const, "dcr" as const),
      operator: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(rule), names, fc.option(names, { nil: undefined }), who, (rules, defined, requested, changes) => {
        const given = permittedScopes(resource(rules, define(...defined)), { ...person, ...changes }, requested);
        for (const scope of given) {
          expect(defined).toContain(scope);
          expect(requested ?? defined).toContain(scope);
          expect(
            rules.some(
              ({ scopes, entities, verification }) =>
                (scopes.includes(scope) || scopes.includes("*")) &&
                entities.includes(changes.entity) &&
                verification.includes(changes.verification),
            ),
          ).toBe(true);
          const mayAdminister = changes.verification === "operator" && (changes.entity !== "human" || changes.operator);
          expect(mayAdminister || !scope.startsWith("grantline:")).toBe(true);
        }
      }),
    );
  });
});
