import { createHash } from "node:crypto";
import { request as httpRequest } from "node:http";
import { basic, postForm } from "@grantline/testing";
import { CALLBACK, RESOURCE, type World } from "./world.ts";

export const VERIFIER = "verifier-of-a-request-nobody-redeems-0123456789";
export const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");

/** Changes to the parameters of a good request: undefined takes one away, an array repeats it. */
export type Changes = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Parameters of an authorization request that would pass, changed. */
export function authorizationParameters(clientId: string, changes: Changes = {}): URLSearchParams {
  const good: Changes = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: CALLBACK,
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
    state: "state-1",
    scope: "notes:read",
    resource: RESOURCE,
  };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...good, ...changes }))
    for (const each of value === undefined ? [] : [value].flat()) query.append(name, each as string);
  return query;
}

/** GET /authorize, not followed. */
export function authorize(
  world: World,
  clientId: string,
  changes: Changes = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${world.issuer}/authorize?${authorizationParameters(clientId, changes)}`, { redirect: "manual", headers });
}

/** POST /par as a public client, or as the confidential one when a secret is given. */
export function push(
  world: World,
  client: { readonly client_id: string; readonly client_secret?: string },
  changes: Changes = {},
): Promise<Response> {
  const parameters = Object.fromEntries(
    [...Map.groupBy(authorizationParameters(client.client_id, changes), ([name]) => name)].map(([name, pairs]) => [
      name,
      pairs.map(([, value]) => value),
    ]),
  );
  return postForm(
    `${world.issuer}/par`,
    parameters,
    client.client_secret === undefined ? {} : { authorization: basic(client.client_id, client.client_secret) },
  );
}

/** POST /token. */
export function token(world: World, parameters: Changes, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return postForm(`${world.issuer}/token`, parameters, headers);
}

export function basicOf(client: { readonly client_id: string; readonly client_secret: string }): { readonly authorization: string } {
  return { authorization: basic(client.client_id, client.client_secret) };
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A request that `fetch` would not send: two headers of a name, TRACE, a foreign Host, a header as it stands. */
export function raw(
  world: World,
  options: {
    readonly method: string;
    readonly path: string;
    readonly headers?: readonly (readonly [string, string])[];
    readonly body?: string;
  },
): Promise<RawAnswer> {
  const { port, hostname } = new URL(world.server.origin);
  return new Promise((resolve, reject) => {
    const headers = options.headers?.flatMap(([name, value]) => [name, value]);
    const sent = httpRequest(
      {
        host: hostname,
        port,
        method: options.method,
        path: options.path,
        ...(headers === undefined ? {} : { headers }),
        setDefaultHeaders: true,
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString() }),
        );
      },
    );
    sent.on("error", reject);
    sent.end(options.body);
  });
}
