import { digest, type History, type OpResult } from "@grantline/testing/history";
import { basicOf, type Instance, type Reply } from "./instance.ts";
import { answerOf, nameOf } from "./tokens.ts";
import type { Credentials } from "./world.ts";

/** One program among many that share tokens: everything it asks, and how it was answered, is in the history. */
export class RecordedClient {
  readonly #history: History;
  readonly #client: number;

  constructor(history: History, client: number) {
    this.#history = history;
    this.#client = client;
  }

  redeem(at: Instance, grant: string, form: Readonly<Record<string, string>>): Promise<Reply | undefined> {
    return this.#record("redeem", `grant:${grant}`, {}, () => at.token({ grant_type: "authorization_code", ...form }), rotated);
  }

  refresh(at: Instance, grant: string, token: string, client_id: string, window: "open" | "closed"): Promise<Reply | undefined> {
    const form = { grant_type: "refresh_token", refresh_token: token, client_id };
    return this.#record("refresh", `grant:${grant}`, { value: digest(token), window }, () => at.token(form), rotated);
  }

  /** RFC 7009: a refresh token takes the grant along, an access token goes alone. */
  revoke(at: Instance, key: string, token: string, form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) {
    const whole = token.startsWith("gl_rt_");
    return this.#record(
      "revoke",
      key,
      whole ? {} : { token: nameOf(token) },
      () => at.post("/oauth/revoke", { token, ...form }, headers),
      (reply) => (reply.status === 200 ? { status: "ok" } : lost(reply)),
    );
  }

  /** True or false as introspection said; undefined when it did not say. */
  async validate(at: Instance, key: string, token: string, rs: Credentials): Promise<boolean | undefined> {
    const ask = (): Promise<Reply> => at.post("/oauth/introspect", { token }, basicOf(rs));
    const reply = await this.#record("validate", key, { token: nameOf(token) }, ask, (each) =>
      each.status === 200 ? { status: each.body["active"] === true ? "active" : "inactive" } : lost(each),
    );
    return reply?.status === 200 ? reply.body["active"] === true : undefined;
  }

  #record(
    op: "redeem" | "refresh" | "revoke" | "validate",
    key: string,
    args: { readonly value?: string; readonly window?: "open" | "closed"; readonly token?: string },
    ask: () => Promise<Reply>,
    read: (reply: Reply) => OpResult | undefined,
  ): Promise<Reply | undefined> {
    return this.#history.record({ client: this.#client, op, key, args }, ask, read);
  }
}

function rotated(reply: Reply): OpResult | undefined {
  if (reply.status === 200) return { status: "ok", next: digest(reply.body["refresh_token"]), answer: answerOf(reply) };
  if (reply.status === 400 && reply.body["error"] === "invalid_grant") return { status: "refused" };
  return lost(reply);
}

/** 5xx leaves open what happened. Anything else is no answer to these questions. */
function lost({ status, body }: Reply): undefined {
  if (status < 500) throw new Error(`unexpected answer: ${status} ${JSON.stringify(body)}`);
}
