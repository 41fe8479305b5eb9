import { Person, TestAdmin, basic, obtainTokens, postForm, register, type Registered } from "@grantline/testing";
import type { World } from "../../loadtest/world.types.ts";

const USER = { username: "demo", password: "demo" };

/** Makes what the scenarios need, through the public and the admin API of a running server. Names carry the moment, so that runs don't meet. */
export async function prepareWorld(issuer: string, adminSecret: string, families: number, say: (text: string) => void): Promise<World> {
  const { origin } = new URL(issuer);
  const admin = new TestAdmin(origin, issuer, adminSecret);
  const run = Date.now().toString(36);
  const jwtUri = `https://jwt-${run}.load.example/mcp`;
  const opaqueUri = `https://opaque-${run}.load.example/mcp`;
  const jwtResource = await admin.resource(jwtUri, ["read"], { token_policy: { format: "jwt", access_token_lifetime: 86_400 } });
  const opaqueResource = await admin.resource(opaqueUri, ["read"], { token_policy: { format: "opaque", access_token_lifetime: 86_400 } });
  const machine = await admin.machine();
  const issue = async (resource: string): Promise<string> => {
    const authorization = basic(machine.client_id, machine.client_secret);
    const response = await postForm(`${issuer}/token`, { grant_type: "client_credentials", scope: "read", resource }, { authorization });
    const answer = (await response.json()) as { readonly access_token?: string };
    if (answer.access_token === undefined) throw new Error(`no token: ${response.status} ${JSON.stringify(answer)}`);
    return answer.access_token;
  };
  const many = (resource: string) => Promise.all(Array.from({ length: 256 }, () => issue(resource)));
  say(`opening ${families} token families …`);
  const person = await register(issuer, { client_name: `load ${run}`, token_endpoint_auth_method: "client_secret_basic" });
  return {
    issuer,
    machine,
    jwtResource: { ...jwtResource, uri: jwtUri },
    opaqueResource: { ...opaqueResource, uri: opaqueUri },
    person: person as Registered & { readonly client_secret: string },
    refreshTokens: await openFamilies(origin, issuer, person, opaqueUri, families),
    jwts: await many(jwtUri),
    opaques: await many(opaqueUri),
  };
}

/** One login, then remembered consent: a grant for each virtual user. */
async function openFamilies(
  origin: string,
  issuer: string,
  client: Registered,
  resource: string,
  count: number,
): Promise<readonly string[]> {
  const person = new Person(origin);
  const tokens: string[] = [];
  while (tokens.length < count) {
    const { refresh_token } = await obtainTokens(person, { issuer, client, resource, scope: "read", ...USER });
    if (refresh_token === undefined) throw new Error("the server gave no refresh token");
    tokens.push(refresh_token);
  }
  return tokens;
}
