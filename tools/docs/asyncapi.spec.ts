import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { catalogue } from "@grantline/domain/catalogue";
import { asyncApiDocument } from "./asyncapi.document.ts";

interface Document {
  readonly asyncapi: string;
  readonly channels: Record<string, { readonly address: string; readonly messages: Record<string, { readonly $ref: string }> }>;
}
const document = asyncApiDocument() as unknown as Document;

describe("docs/reference/asyncapi.yaml", () => {
  it("is what the catalogue says today", () => {
    expect(parse(readFileSync(new URL("../../docs/reference/asyncapi.yaml", import.meta.url), "utf8"))).toEqual(document);
  });

  it("has a message for every event, on the topic of events", () => {
    const types = Object.entries(catalogue).flatMap(([stream, events]) =>
      Object.entries<{ readonly version: number }>(events).map(([type, { version }]) => `${stream}.${type}.v${version}`),
    );
    expect(Object.keys(document.channels["events"]?.messages ?? {})).toEqual(types);
    expect(Object.keys(document.channels["alerts"]?.messages ?? {})).toContain("security.AnomalyDetected.v1");
  });

  it("points only at what it holds", () => {
    const pointers = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, pointer = ""]) => pointer);
    expect(pointers.length).toBeGreaterThan(100);
    for (const pointer of pointers) {
      const found = pointer.split("/").reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], document);
      expect([pointer, found === undefined]).toEqual([pointer, false]);
    }
  });
});
