import type { HttpResponse } from "../http/index.ts";
import { CHALLENGE, MCP, type World } from "./world.ts";

/** A browser of a person: cookies, forms, no script. Follows our own redirects only when told. */
export class Visitor {
  readonly cookies = new Map<string, string>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  async get(url: string): Promise<HttpResponse> {
    const { pathname, search } = new URL(url, this.#world.context.settings.origin);
    return this.#keep(await this.#world.call({ method: "GET", path: pathname, query: search.slice(1), headers: this.#headers() }));
  }

  async post(
    path: string,
    fields: Readonly<Record<string, string>> | URLSearchParams,
    headers: Readonly<Record<string, string>> = { "sec-fetch-site": "same-origin" },
  ): Promise<HttpResponse> {
    return this.#keep(
      await this.#world.call({
        method: "POST",
        path,
        body: new URLSearchParams(fields).toString(),
        headers: { ...this.#headers(), ...headers },
      }),
    );
  }

  /** Follows redirects that stay with us. */
  async follow(response: HttpResponse): Promise<HttpResponse> {
    let now = response;
    for (let hop = 0; hop < 8; hop++) {
      const location = locationOf(now);
      if (
        location === undefined ||
        !new URL(location, this.#world.context.settings.origin).href.startsWith(this.#world.context.settings.issuer)
      )
        return now;
      now = await this.get(location);
    }
    throw new Error("too many redirects");
  }

  async login(page: HttpResponse, username = "demo", password: string = username): Promise<HttpResponse> {
    return this.follow(await this.post("/oauth/login", { ...hidden(page), username, password }));
  }

  /** Sends the consent form as it stands, without what is unticked. */
  async decide(
    page: HttpResponse,
    decision: "allow" | "deny" = "allow",
    options: { readonly untick?: readonly string[]; readonly forget?: boolean } = {},
  ): Promise<HttpResponse> {
    const fields = new URLSearchParams(hidden(page));
    for (const [, value = ""] of (page.body ?? "").matchAll(/name="scope" value="([^"]*)" checked/g))
      if (!(options.untick ?? []).includes(value)) fields.append("scope", value);
    if (options.forget !== true) fields.set("remember", "yes");
    fields.set("decision", decision);
    return this.post("/oauth/consent", fields);
  }

  /** From the authorization URL to where the client gets its answer. */
  async authorize(
    url: string,
    decision: "allow" | "deny" = "allow",
    options: { readonly untick?: readonly string[]; readonly forget?: boolean; readonly username?: string } = {},
  ): Promise<URL> {
    let page = await this.follow(await this.get(url));
    if (page.body?.includes('id="login-form"') === true) page = await this.login(page, options.username);
    if (page.body?.includes('id="consent-form"') === true) page = await this.decide(page, decision, options);
    const location = locationOf(page);
    if (location === undefined) throw new Error(`no answer: ${page.status} ${text(page)}`);
    return new URL(location);
  }

  #headers(): Record<string, string> {
    return this.cookies.size === 0 ? {} : { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
  }

  #keep(response: HttpResponse): HttpResponse {
    for (const line of [response.headers?.["set-cookie"] ?? []].flat()) {
      const [name = "", value = ""] = (line.split(";")[0] ?? "").split("=");
      if (value === "") this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }
}

export function locationOf(response: HttpResponse): string | undefined {
  const location = response.headers?.["location"];
  return typeof location === "string" ? location : undefined;
}

/** Hidden fields of the form on a page. */
export function hidden(page: HttpResponse): Record<string, string> {
  return Object.fromEntries(
    [...(page.body ?? "").matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name = "", value = ""]) => [
      name,
      value.replaceAll("&amp;", "&"),
    ]),
  );
}

export function text(page: HttpResponse): string {
  return (page.body ?? "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}

/** An authorization URL that holds in every respect; `changes` with undefined leave a parameter out. */
export function authorizationUrl(changes: Readonly<Record<string, string | readonly string[] | undefined>> = {}): string {
  const parameters = {
    response_type: "code",
    client_id: "app",
    redirect_uri: "https://client.example.com/cb",
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
    state: "s-1",
    resource: MCP,
    scope: "files:read files:write",
    ...changes,
  };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    for (const each of value === undefined ? [] : [value].flat()) query.append(name, each as string);
  return `/oauth/authorize?${query.toString()}`;
}
