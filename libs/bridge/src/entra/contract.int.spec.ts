// Real: @azure/identity over HTTPS. Stand-in: Graph. The real Graph: GRANTLINE_TEST_ENTRA_TENANT, …_CLIENT_ID and …_CLIENT_SECRET.
import { ClientSecretCredential } from "@azure/identity";
import { describe } from "vitest";
import { z } from "zod";
import { runRegistrationTargetContract } from "../contract/index.ts";
import { entraParts, startEntra } from "../fixtures/entra.ts";
import { memorySecrets } from "../fixtures/memory-secrets.ts";
import { redirectsOf } from "../testing/directory.ts";
import { entraTarget } from "./entra-target.ts";
import { createGraph } from "./graph-client.ts";

const clock = { now: () => Math.floor(Date.now() / 1_000) };

runRegistrationTargetContract("Microsoft Entra (stand-in)", async () => {
  const entra = await startEntra();
  const secrets = memorySecrets();
  const { directory } = entra.standIn;
  return {
    target: entraParts(entra, secrets, clock).target,
    applications: async () => directory.applications().length,
    redirectUris: async (clientId) => redirectsOf(directory.byAppId(clientId).properties, "web"),
    secrets: async () => secrets.values.size,
    away: async (gone) => {
      entra.standIn.trouble = { kind: gone ? "unavailable" : "none" };
    },
    close: entra.close,
  };
});

const {
  GRANTLINE_TEST_ENTRA_TENANT: tenant = "",
  GRANTLINE_TEST_ENTRA_CLIENT_ID: id = "",
  GRANTLINE_TEST_ENTRA_CLIENT_SECRET: secret = "",
} = process.env;

describe.skipIf([tenant, id, secret].includes(""))(
  "needs a real tenant: GRANTLINE_TEST_ENTRA_TENANT, GRANTLINE_TEST_ENTRA_CLIENT_ID and GRANTLINE_TEST_ENTRA_CLIENT_SECRET",
  () => {
    runRegistrationTargetContract("Microsoft Entra", async () => {
      const secrets = memorySecrets();
      const installation = `test${process.pid}`;
      let gone = false;
      const graph = createGraph({
        url: "https://graph.microsoft.com",
        credential: new ClientSecretCredential(tenant, id, secret),
        fetch: (url, init) => (gone ? Promise.reject(new Error("away")) : fetch(url, init)),
      });
      const run = () => ({ signal: AbortSignal.timeout(60_000), correlationId: "contract" });
      // User.Read of Microsoft Graph: an API every tenant has
      const resource = {
        uri: "https://graph.microsoft.com",
        appId: "00000003-0000-0000-c000-000000000000",
        scopes: { "User.Read": "e1fe6dd8-ba31-4d61-89e7-88639da4683d" },
      };
      const rules = { resource, signInAudience: "AzureADMyOrg" as const, installation };
      const target = entraTarget({ graph, secrets, clock, rules, secretLifetime: 86_400, secretOverlap: 3_600 });
      const marked = async () => {
        const found = [];
        for await (const each of target.marked?.({ ...run(), hand: new Map() }) ?? []) found.push(each);
        return found;
      };
      return {
        target,
        applications: async () => (await marked()).length,
        redirectUris: async (clientId) => {
          const { body } = await graph.call({ method: "GET", path: `/applications(appId='${clientId}')?$select=web`, awaits: true }, run());
          return z.object({ web: z.object({ redirectUris: z.array(z.string()) }) }).parse(body).web.redirectUris;
        },
        secrets: async () => secrets.values.size,
        away: async (away) => {
          gone = away;
        },
        close: async () => {
          for (const each of await marked()) await each.remove();
        },
      };
    });
  },
);
