/** What a person sees next: a page of ours, or the moment the browser is sent to a client's redirect URI. */
export type Step =
  | { readonly kind: "page"; readonly status: number; readonly url: URL; readonly html: string }
  | { readonly kind: "callback"; readonly url: URL };

export interface PersonOptions {
  readonly username?: string;
  readonly password?: string;
  readonly decision?: "allow" | "deny";
  /** Scopes to untick. */
  readonly untick?: readonly string[];
}

/** A person with a browser that has no script: keeps cookies, follows our redirects, fills in our forms. */
export class Person {
  readonly #cookies = new Map<string, string>();
  readonly #origin: string;

  constructor(origin: string) {
    this.#origin = origin;
  }

  get cookies(): ReadonlyMap<string, string> {
    return this.#cookies;
  }

  /** Opens a URL of the authorization server and follows redirects until a page or a callback. */
  async open(url: string | URL): Promise<Step> {
    return this.#follow(new URL(url, this.#origin), { method: "GET" });
  }

  /** Submits a form of the page with its hidden fields, the values given, and the button pressed. `formId` undefined: the one that has no id. */
  async submit(
    page: Step,
    formId: string | undefined,
    values: Readonly<Record<string, string | readonly string[] | undefined>>,
  ): Promise<Step> {
    if (page.kind !== "page")
      throw new Error(`expected a page with form ${formId ?? "without id"}, but the browser was sent to ${page.url.href}`);
    const form = formOf(page.html, formId);
    const fields = new URLSearchParams();
    for (const [name, value] of form.fields) if (!(name in values)) fields.append(name, value);
    for (const [name, value] of Object.entries(values))
      for (const each of value === undefined ? [] : [value].flat()) fields.append(name, each as string);
    return this.#follow(new URL(form.action, page.url), { method: "POST", body: fields });
  }

  /** The whole way from an authorization URL to the callback: log in if asked, decide on consent if asked. */
  async authorize(url: string | URL, options: PersonOptions = {}): Promise<URL> {
    let step = await this.open(url);
    for (let turn = 0; turn < 6 && step.kind === "page"; turn++) {
      if (step.html.includes('id="login-form"')) {
        step = await this.submit(step, "login-form", { username: options.username ?? "demo", password: options.password ?? "demo" });
      } else if (step.html.includes('id="consent-form"')) {
        step = await this.#decide(step, options);
      } else {
        throw new Error(`unexpected page (${step.status}) at ${step.url.pathname}: ${text(step.html)}`);
      }
    }
    if (step.kind === "page") throw new Error(`never left the pages: ${text(step.html)}`);
    return step.url;
  }

  async #decide(page: Extract<Step, { kind: "page" }>, options: PersonOptions): Promise<Step> {
    const form = formOf(page.html, "consent-form");
    const button = form.buttons.get(options.decision === "deny" ? "consent-deny" : "consent-allow");
    if (button === undefined) throw new Error("the consent page has no such button");
    const unticked = new Set(options.untick ?? []);
    const ticked = form.fields.filter(([name, value]) => name === "scope" && !unticked.has(value)).map(([, value]) => value);
    return this.submit(page, "consent-form", { scope: ticked, [button.name]: button.value });
  }

  async #follow(start: URL, init: { method: string; body?: URLSearchParams }): Promise<Step> {
    let url = start;
    let request: { method: string; body?: URLSearchParams } = init;
    for (let hop = 0; hop < 10; hop++) {
      if (url.origin !== this.#origin) return { kind: "callback", url };
      const response = await fetch(url, {
        ...request,
        redirect: "manual",
        headers: {
          cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; "),
          origin: this.#origin,
          "sec-fetch-site": "same-origin",
        },
      });
      this.#keep(response);
      const location = response.headers.get("location");
      if (location === null) return { kind: "page", status: response.status, url, html: await response.text() };
      await response.body?.cancel();
      url = new URL(location, url);
      request = { method: "GET" };
    }
    throw new Error(`too many redirects, last ${url.href}`);
  }

  #keep(response: Response): void {
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = cookie.split(";");
      const at = pair.indexOf("=");
      const name = pair.slice(0, at).trim();
      const gone = attributes.some((attribute) => /^\s*max-age=0\s*$/i.test(attribute)) || pair.slice(at + 1) === "";
      if (gone) this.#cookies.delete(name);
      else this.#cookies.set(name, pair.slice(at + 1).trim());
    }
  }
}

interface Form {
  readonly action: string;
  /** As a browser would send them: hidden fields, and ticked boxes. */
  readonly fields: readonly (readonly [string, string])[];
  readonly buttons: ReadonlyMap<string, { readonly name: string; readonly value: string }>;
}

function formOf(html: string, id: string | undefined): Form {
  const found = [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].find((match) => attribute(match[1] ?? "", "id") === id);
  if (found === undefined) throw new Error(`no form ${id ?? "without id"} in: ${text(html)}`);
  const fields: [string, string][] = [];
  const buttons = new Map<string, { name: string; value: string }>();
  for (const [, tag = "", attributes = ""] of (found[2] ?? "").matchAll(/<(input|button)\b([^>]*)>/g)) {
    const type = attribute(attributes, "type") ?? "text";
    const name = attribute(attributes, "name");
    const value = attribute(attributes, "value") ?? "";
    if (tag === "button" || type === "submit") {
      const buttonId = attribute(attributes, "id");
      if (buttonId !== undefined) buttons.set(buttonId, { name: name ?? "", value });
    } else if (name !== undefined && (type !== "checkbox" || /\bchecked\b/.test(attributes))) {
      fields.push([name, type === "checkbox" && value === "" ? "on" : value]);
    }
  }
  return { action: attribute(found[1] ?? "", "action") ?? "", fields, buttons };
}

function attribute(text: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}\\s*=\\s*"([^"]*)"`).exec(text)?.[1];
  return value?.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function text(html: string): string {
  return html
    .replace(/<style[\s\S]*?<\/style>/g, "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ")
    .slice(0, 300);
}
