import { obtainTokens, type Person, type Step, type TestPlatform } from "@grantline/testing";

export interface GatewayApi {
  call(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: Record<string, unknown> }>;
}

/** The gateway's API as `grantline-cli` uses it for this person. */
export async function gatewayApiOf(platform: TestPlatform, person: Person, username = "demo"): Promise<GatewayApi> {
  const resource = `${platform.origin}/gateway/v1`;
  const { access_token: token } = await obtainTokens(person, {
    issuer: platform.issuer,
    client: { client_id: "grantline-cli" } as never,
    redirectUri: "http://127.0.0.1:5511/callback",
    resource,
    scope: "connections",
    username,
    password: username,
  });
  return {
    async call(method, path, body) {
      const response = await fetch(`${resource}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>) };
    },
  };
}

/** Begins to connect; where the person has to go. */
export async function begin(
  api: GatewayApi,
  server: string,
  scopes?: readonly string[],
): Promise<{ readonly url: string; readonly id: string }> {
  const { status, body } = await api.call("POST", `/connections/${server}`, scopes === undefined ? undefined : { scopes });
  if (status !== 201) throw new Error(`begin: ${status} ${JSON.stringify(body)}`);
  return body as { url: string; id: string };
}

/** The person says yes on our page: where the provider is to be found. */
export async function confirm(person: Person, url: string): Promise<URL> {
  const page = await person.open(url);
  const step = await person.submit(page, "connect-form", { decision: "connect" });
  if (step.kind !== "callback") throw new Error(`expected to be sent on, got ${step.status} ${step.html}`);
  return step.url;
}

/** Where the provider sends the browser back to; it says yes for the person. */
export async function atProvider(url: URL): Promise<URL> {
  const response = await fetch(url, { redirect: "manual" });
  await response.body?.cancel();
  return new URL(response.headers.get("location") ?? "");
}

/** The whole way, to the page that says how it ended. */
export async function connect(api: GatewayApi, person: Person, server: string, scopes?: readonly string[]): Promise<Step> {
  const { url } = await begin(api, server, scopes);
  return person.open(await atProvider(await confirm(person, url)));
}
