import { basic, obtainTokens, postForm, register, startTestPlatform, type TestPlatform } from "@grantline/testing";
import { createRevocationFollower, type RevocationFollower, type RevocationFollowerOptions } from "../client/index.ts";

export interface TestResource {
  readonly resource_id: string;
  readonly uri: string;
  readonly client_id: string;
  readonly client_secret: string;
}

export interface Machine {
  readonly client_id: string;
  readonly client_secret: string;
}

/** Real: the whole server over HTTP, its store and its clock. */
export interface ValidatorWorld {
  readonly platform: TestPlatform;
  /** Two resources, each with a client of its own, that know nothing of each other. */
  readonly notes: TestResource;
  readonly mail: TestResource;
  readonly machine: Machine;
  /** An access token of the machine (no grant). */
  token(resource: TestResource, scope?: string): Promise<string>;
  /** An access token of a person, with the grant's refresh token. */
  personToken(
    resource: TestResource,
    scope?: string,
  ): Promise<{ readonly access: string; readonly refresh: string; readonly clientId: string }>;
  follow(resource: TestResource, more?: Partial<RevocationFollowerOptions>): RevocationFollower;
  revoke(token: string, clientId: string, secret?: string): Promise<void>;
  readonly feedUrl: string;
  close(): Promise<void>;
}

export async function startValidatorWorld(env: Readonly<Record<string, string>> = {}): Promise<ValidatorWorld> {
  const platform = await startTestPlatform({ env });
  const { admin, issuer } = platform;
  const resourceOf = async (uri: string): Promise<TestResource> => ({ uri, ...(await admin.resource(uri, ["read", "write"])) });
  const notes = await resourceOf("https://notes.example/mcp");
  const mail = await resourceOf("https://mail.example/mcp");
  const machine = await admin.machine();
  const feedUrl = `${issuer}/v1/revocations`;
  const followers = new Set<RevocationFollower>();
  return {
    platform,
    notes,
    mail,
    machine,
    feedUrl,
    async token(resource, scope = "read") {
      const authorization = basic(machine.client_id, machine.client_secret);
      const parameters = { grant_type: "client_credentials", resource: resource.uri, scope };
      return accessToken(await postForm(`${issuer}/token`, parameters, { authorization }));
    },
    async personToken(resource, scope = "read offline_access") {
      const client = await register(issuer);
      const tokens = await obtainTokens(platform.person(), { issuer, client, resource: resource.uri, scope });
      return { access: tokens.access_token, refresh: tokens.refresh_token ?? "", clientId: client.client_id };
    },
    follow(resource, more = {}) {
      const credentials = { clientId: resource.client_id, clientSecret: resource.client_secret };
      const follower = createRevocationFollower({ url: feedUrl, credentials, resources: [resource.uri], clockSkew: 0, ...more });
      followers.add(follower);
      return follower;
    },
    async revoke(token, clientId, secret) {
      const authorization: Record<string, string> = secret === undefined ? {} : { authorization: basic(clientId, secret) };
      const response = await postForm(
        `${issuer}/revoke`,
        { token, ...(secret === undefined ? { client_id: clientId } : {}) },
        authorization,
      );
      if (response.status !== 200) throw new Error(`revocation: ${response.status} ${await response.text()}`);
    },
    close: async () => {
      await Promise.all([...followers].map((follower) => follower.close()));
      await platform.close();
    },
  };
}

async function accessToken(response: Response): Promise<string> {
  const answer = (await response.json()) as { readonly access_token?: string };
  if (answer.access_token === undefined) throw new Error(`token: ${response.status} ${JSON.stringify(answer)}`);
  return answer.access_token;
}

/** Claims of a JWT, unverified. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Readonly<Record<string, unknown>>;
}
