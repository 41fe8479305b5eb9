import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { currentDocument } from "./openapi.document.ts";

interface Operation {
  readonly operationId: string;
  readonly responses: Record<string, unknown>;
  readonly parameters?: readonly { readonly name?: string; readonly in?: string }[];
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
}
let document: { readonly paths: Record<string, Record<string, Operation>>; readonly components: Record<string, unknown> };
beforeAll(async () => {
  document = (await currentDocument()) as typeof document;
});

describe("docs/reference/openapi.json", () => {
  it("is what the endpoints say", () => {
    expect(JSON.parse(readFileSync(new URL("../../docs/reference/openapi.json", import.meta.url), "utf8"))).toEqual(document);
  });

  it("names every operation once, with its path parameters and answers", () => {
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.values(methods).map((operation) => ({ path, operation })),
    );
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
    for (const { path, operation } of operations) {
      const named = (operation.parameters ?? []).filter((parameter) => parameter.in === "path").map((parameter) => parameter.name);
      expect([path, named]).toEqual([path, [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name)]);
      expect(Object.keys(operation.responses).length).toBeGreaterThan(0);
    }
  });

  it("asks only for schemes and scopes that it explains", () => {
    const { securitySchemes } = document.components as {
      securitySchemes: Record<string, { readonly flows?: Record<string, { readonly scopes: object }> }>;
    };
    for (const [path, methods] of Object.entries(document.paths))
      for (const [scheme, scopes] of Object.values(methods).flatMap(({ security = [] }) =>
        security.flatMap(Object.entries<readonly string[]>),
      )) {
        const explained = Object.values(securitySchemes[scheme]?.flows ?? {}).flatMap((flow) => Object.keys(flow.scopes));
        expect([path, scheme, Object.hasOwn(securitySchemes, scheme)]).toEqual([path, scheme, true]);
        expect([path, scopes.filter((scope) => !explained.includes(scope))]).toEqual([path, []]);
      }
  });

  it("points only at what it holds", () => {
    const text = JSON.stringify(document);
    for (const [, pointer = ""] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const found = pointer.split("/").reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], document);
      expect([pointer, found === undefined]).toEqual([pointer, false]);
    }
  });
});
