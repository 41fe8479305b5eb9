import type { Reply } from "./token-endpoint.ts";
import { type StoredVersion, type Vault, VaultRefusal } from "./vault.ts";

export interface ApiRequest {
  readonly method: string;
  readonly url: URL;
  readonly body: string;
}

const PAGE = 25;

/** Key Vault's secrets operations over HTTP, as Microsoft's REST reference documents them. */
export function answerSecrets(vault: Vault, origin: string, request: ApiRequest): Reply {
  const { url } = request;
  if (!/^(7\.[0-6]|20\d\d-\d\d-\d\d)$/.test(url.searchParams.get("api-version") ?? ""))
    return refusal(new VaultRefusal(400, "BadParameter", "api-version must be specified"));
  try {
    return route(vault, origin, request) ?? refusal(new VaultRefusal(404, "NotFound", "no such operation"));
  } catch (error) {
    if (error instanceof VaultRefusal) return refusal(error);
    throw error;
  }
}

function route(vault: Vault, origin: string, { method, url, body }: ApiRequest): Reply | undefined {
  const [collection, name = "", last] = url.pathname.split("/").slice(1).map(decodeURIComponent);
  const bundle = (stored: StoredVersion, more: object = {}): Reply => ({
    status: 200,
    body: { ...bundleOf(origin, name, stored), ...more },
  });
  if (collection === "secrets") {
    if (name === "" && method === "GET") return { status: 200, body: listing(vault, origin, url) };
    if (method === "PUT") return bundle(vault.set(name, given(body)));
    if (method === "GET" && last === "versions")
      return {
        status: 200,
        body: { value: vault.versions(name).map((stored) => itemOf(origin, `${name}/${stored.version}`, stored)), nextLink: null },
      };
    if (method === "GET") return bundle(vault.get(name, last === "" ? undefined : last));
    if (method === "DELETE") return withoutValue(bundle(vault.delete(name), deletionOf(origin, name)));
  }
  if (collection === "deletedsecrets") {
    if (method === "GET") return withoutValue(bundle(vault.getDeleted(name), deletionOf(origin, name)));
    if (method === "POST" && last === "recover") return withoutValue(bundle(vault.recover(name)));
    if (method === "DELETE") {
      vault.purge(name);
      return { status: 204 };
    }
  }
  return undefined;
}

function given(body: string): Omit<StoredVersion, "version"> {
  const { value, attributes, tags, contentType } = JSON.parse(body) as {
    readonly value?: string;
    readonly attributes?: { readonly enabled?: boolean; readonly exp?: number; readonly nbf?: number };
    readonly tags?: Readonly<Record<string, string>>;
    readonly contentType?: string;
  };
  if (typeof value !== "string") throw new VaultRefusal(400, "BadParameter", "Property value is required");
  const now = Math.floor(Date.now() / 1000);
  return {
    value,
    attributes: { enabled: true, created: now, updated: now, ...attributes },
    tags: tags ?? {},
    ...(contentType === undefined ? {} : { contentType }),
  };
}

function listing(vault: Vault, origin: string, url: URL): object {
  const size = Math.min(PAGE, Number(url.searchParams.get("maxresults") ?? PAGE));
  const from = Number(url.searchParams.get("$skiptoken") ?? 0);
  const all = vault.list();
  const value = all.slice(from, from + size).map(({ name, latest }) => itemOf(origin, name, latest));
  const next = new URL(url);
  next.searchParams.set("$skiptoken", String(from + size));
  return { value, nextLink: from + size < all.length ? `${origin}${next.pathname}${next.search}` : null };
}

function itemOf(origin: string, path: string, { attributes, tags, contentType }: StoredVersion): object {
  return { id: `${origin}/secrets/${path}`, attributes: { recoveryLevel: "Recoverable+Purgeable", ...attributes }, tags, contentType };
}

function bundleOf(origin: string, name: string, stored: StoredVersion): object {
  return { value: stored.value, ...itemOf(origin, `${name}/${stored.version}`, stored) };
}

function deletionOf(origin: string, name: string): object {
  const now = Math.floor(Date.now() / 1000);
  return { recoveryId: `${origin}/deletedsecrets/${name}`, deletedDate: now, scheduledPurgeDate: now + 90 * 86_400 };
}

function withoutValue({ status, body }: Reply): Reply {
  return { status, body: { ...(body as object), value: undefined } };
}

function refusal({ status, code, message, inner }: VaultRefusal): Reply {
  return { status, body: { error: { code, message, ...(inner === undefined ? {} : { innererror: { code: inner } }) } } };
}
