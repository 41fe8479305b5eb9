/** Asks the authorization server about a token: its facts, undefined when it is not active. Throws when there is no answer. */
export type Introspect = (token: string) => Promise<Readonly<Record<string, unknown>> | undefined>;

export interface IntrospectorOptions {
  /** `introspection_endpoint` of the metadata document. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** How long to wait for an answer, milliseconds; default 2,000. */
  readonly timeoutMs?: number;
}

/** RFC 7662 §2. Nothing is kept: an answer is as good as the moment it was given. */
export function createIntrospector({ url, clientId, clientSecret, timeoutMs = 2_000 }: IntrospectorOptions): Introspect {
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
  const authorization = `Basic ${Buffer.from(pair).toString("base64")}`;
  return async (token) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { authorization, accept: "application/json" },
      body: new URLSearchParams({ token }),
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) throw new Error(`introspection answered ${response.status}`);
    const answer = (await response.json()) as Readonly<Record<string, unknown>>;
    return answer["active"] === true ? answer : undefined;
  };
}
