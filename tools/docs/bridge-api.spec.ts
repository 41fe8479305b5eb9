import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { bridgeDocument } from "./bridge-api.document.ts";
import { type BridgeDocument, bridgePage } from "./bridge-api.page.ts";

it("docs/reference has the bridge as its endpoints say it is", async () => {
  const document = (await bridgeDocument()) as BridgeDocument;
  const read = (name: string): string => readFileSync(new URL(`../../docs/reference/${name}`, import.meta.url), "utf8");
  expect(JSON.parse(read("bridge-openapi.json"))).toEqual(document);
  expect(read("bridge-api.md")).toBe(bridgePage(document));
  expect(Object.keys(document.paths)).toEqual([
    "/.well-known/oauth-authorization-server/bridge",
    "/.well-known/openid-configuration/bridge",
    "/bridge/.well-known/openid-configuration",
    "/bridge/authorize",
    "/bridge/register",
    "/bridge/register/{client_id}",
    "/bridge/token",
  ]);
});
