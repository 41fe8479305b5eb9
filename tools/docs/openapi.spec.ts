import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { currentDocument } from "./openapi.document.ts";

interface Operation {
  readonly operationId: string;
  readonly responses: Record<string, unknown>;
  readonly parameters?: readonly { readonly name?: string; readonly in?: string }[];
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

  it("points only at what it holds", () => {
    const text = JSON.stringify(document);
    for (const [, pointer = ""] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const found = pointer.split("/").reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], document);
      expect([pointer, found === undefined]).toEqual([pointer, false]);
    }
  });
});
