import { basic, obtainTokens, register, type Person, type Registered } from "@grantline/testing";
import type { Distributed } from "@grantline/testing/distributed";

export const USER = { username: "demo", password: "demo" };
export const SCOPE = "read";

/** An MCP server, and the credentials it introspects with. */
export interface Audience {
  readonly uri: string;
  readonly authorization: string;
}

/** What the users of the load have before anything fails: clients, resources, one who is logged in and has consented. */
export interface Stage {
  readonly platform: Distributed;
  readonly issuer: string;
  /** Origins of the token-services, past the front. */
  readonly instances: readonly string[];
  /** Credentials of a client that acts for itself. */
  readonly machine: string;
  /** One whose tokens are opaque, one whose are JWTs. */
  readonly resources: readonly Audience[];
  readonly client: Registered;
  readonly person: Person;
}

export async function setStage(platform: Distributed): Promise<Stage> {
  const { admin, issuer } = platform;
  const resources: Audience[] = [];
  for (const format of ["opaque", "jwt"]) {
    const uri = `https://${format}.faults.example/mcp`;
    const made = await admin.resource(uri, [SCOPE], { token_policy: { format, access_token_lifetime: 86_400 } });
    resources.push({ uri, authorization: basic(made.client_id, made.client_secret) });
  }
  const machine = await admin.machine();
  const client = await register(issuer, { client_name: "Faults" });
  const person = platform.person();
  // from now on codes come without a page
  await obtainTokens(person, { issuer, client, resource: "https://opaque.faults.example/mcp", scope: SCOPE, ...USER });
  return {
    platform,
    issuer,
    instances: platform.all("token-service").map(({ origin }) => origin),
    machine: basic(machine.client_id, machine.client_secret),
    resources,
    client,
    person,
  };
}
