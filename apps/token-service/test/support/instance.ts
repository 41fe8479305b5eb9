import { postForm } from "@grantline/testing";

export interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One instance of a service, spoken to past the front. */
export class Instance {
  readonly #origin: string;

  constructor(origin: string) {
    this.#origin = origin;
  }

  async post(path: string, form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return replyOf(await postForm(`${this.#origin}${path}`, form, headers));
  }

  token(form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.post("/oauth/token", form, headers);
  }

  async get(path: string): Promise<Reply> {
    return replyOf(await fetch(`${this.#origin}${path}`));
  }

  /** What introspection says here; throws on any other answer. */
  async active(caller: { readonly client_id: string; readonly client_secret: string }, token: string): Promise<boolean> {
    const { status, body } = await this.post("/oauth/introspect", { token }, basicOf(caller));
    if (status !== 200) throw new Error(`introspection: ${status} ${JSON.stringify(body)}`);
    return body["active"] === true;
  }
}

export function basicOf({ client_id, client_secret }: { readonly client_id: string; readonly client_secret: string }) {
  return {
    authorization: `Basic ${Buffer.from(`${encodeURIComponent(client_id)}:${encodeURIComponent(client_secret)}`).toString("base64")}`,
  };
}

async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text();
  const json = response.headers.get("content-type")?.includes("json") === true && text !== "";
  return { status: response.status, body: json ? (JSON.parse(text) as Record<string, unknown>) : {} };
}
