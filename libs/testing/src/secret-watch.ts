/** Members of JSON answers and requests, form fields, and query parameters whose value is a secret while it lives. */
const SECRET_NAMES = new Set([
  "access_token",
  "refresh_token",
  "id_token",
  "client_secret",
  "registration_access_token",
  "code",
  "code_verifier",
  "device_code",
  "device",
  "client_assertion",
  "assertion",
  "password",
  "token",
  "request_uri",
  "interaction",
  "csrf",
  "id_token_hint",
]);
/** Shorter values are made-up bad input, and would be found everywhere. */
const SHORTEST = 16;

/** Every secret that went over `fetch` while it was watched, with where it was seen first. */
export interface SecretWatch {
  readonly secrets: ReadonlyMap<string, string>;
  /** For what did not go over fetch. */
  add(value: string, label: string): void;
  /** A value that a case passed off as a secret and that is none (a challenge as a verifier). */
  forget(value: string): void;
  stop(): void;
}

/** Listens to every `fetch` of this process and remembers each code, token, secret, verifier, cookie, assertion and password sent or received. */
export function watchSecrets(): SecretWatch {
  const secrets = new Map<string, string>();
  const ignored = new Set<string>();
  const original = globalThis.fetch;
  const add = (value: string, label: string): void => {
    if (value.length >= SHORTEST && !secrets.has(value) && !ignored.has(value)) secrets.set(value, label);
  };
  const watched: typeof fetch = async (input, init) => {
    harvestRequest(input, init, add);
    const response = await original(input, init);
    await harvestResponse(response, add);
    return response;
  };
  globalThis.fetch = watched;
  return {
    secrets,
    add,
    forget: (value) => {
      ignored.add(value);
      secrets.delete(value);
    },
    stop: () => {
      if (globalThis.fetch === watched) globalThis.fetch = original;
    },
  };
}

type Add = (value: string, label: string) => void;

function harvestRequest(input: Parameters<typeof fetch>[0], init: RequestInit | undefined, add: Add): void {
  const url = input instanceof Request ? input.url : String(input);
  if (URL.canParse(url)) fromParameters(new URL(url).searchParams, add);
  const body = init?.body;
  if (body instanceof URLSearchParams) fromParameters(body, add);
  else if (typeof body === "string" && body.startsWith("{")) fromJson(body, add);
  else if (typeof body === "string") fromParameters(new URLSearchParams(body), add);
  const authorization = new Headers(init?.headers).get("authorization");
  if (authorization !== null) fromAuthorization(authorization, add);
}

async function harvestResponse(response: Response, add: Add): Promise<void> {
  const location = response.headers.get("location");
  if (location !== null) fromParameters(new URL(location, "http://here").searchParams, add);
  for (const cookie of response.headers.getSetCookie()) add(cookie.slice(cookie.indexOf("=") + 1).split(";")[0] ?? "", "cookie");
  const type = response.headers.get("content-type") ?? "";
  if (response.body !== null && type.startsWith("application/json")) fromJson(await response.clone().text(), add);
}

function fromParameters(parameters: URLSearchParams, add: Add): void {
  for (const [name, value] of parameters) if (SECRET_NAMES.has(name)) add(value, name);
}

function fromJson(text: string, add: Add): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // malformed on purpose: nothing in it is a secret of ours
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value)) if (SECRET_NAMES.has(name) && typeof member === "string") add(member, name);
}

function fromAuthorization(header: string, add: Add): void {
  const [scheme = "", credentials = ""] = header.split(" ");
  add(credentials, `authorization ${scheme}`);
  if (!/^basic$/i.test(scheme)) return;
  const text = Buffer.from(credentials, "base64").toString();
  if (text.includes(":")) add(decoded(text.slice(text.indexOf(":") + 1)), "client_secret");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // a raw secret with a percent sign in it
    return text;
  }
}
