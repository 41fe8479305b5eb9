import { type Directory, type DirectoryApplication, GraphRefusal, type Password } from "./directory.ts";
import type { Asked, Reply } from "./reply.ts";

/** Microsoft Graph v1.0, as far as applications go. */
export function answerGraph(directory: Directory, { method, url, body, headers }: Asked): Reply {
  try {
    return route(
      directory,
      method,
      decodeURIComponent(url.pathname.replace(/^\/v1\.0/, "")),
      url.searchParams,
      objectOf(body),
      headers["prefer"] === "create-if-missing",
    );
  } catch (error) {
    if (!(error instanceof GraphRefusal)) throw error;
    return { status: error.status, body: { error: { code: error.code, message: error.message } } };
  }
}

type Json = Readonly<Record<string, unknown>>;

function route(directory: Directory, method: string, path: string, query: URLSearchParams, body: Json, create: boolean): Reply {
  const [, name] = /^\/applications\(uniqueName='([^']+)'\)$/.exec(path) ?? [];
  if (name !== undefined) return byName(directory, method, name, body, create);
  const [, appId] = /^\/servicePrincipals\(appId='([^']+)'\)$/.exec(path) ?? [];
  if (appId !== undefined) return principal(directory, method, appId, create);
  const [, id, action] = /^\/applications\/([^/]+)(?:\/(addPassword|removePassword))?$/.exec(path) ?? [];
  if (id !== undefined) return byId(directory, method, id, action, body);
  const [, gone] = /^\/directory\/deletedItems\/([^/]+)$/.exec(path) ?? [];
  if (gone !== undefined && method === "DELETE") {
    directory.purge(gone);
    return { status: 204 };
  }
  if (path === "/applications" && method === "GET") return list(directory, query);
  throw new GraphRefusal(400, "BadRequest", `Resource not found for the segment '${path}'.`);
}

function byName(directory: Directory, method: string, name: string, body: Json, create: boolean): Reply {
  if (method === "GET") return { status: 200, body: shown(directory.byUniqueName(name)) };
  const { application, created } = directory.upsert(name, body, create);
  return created ? { status: 201, body: shown(application) } : { status: 204 };
}

function principal(directory: Directory, method: string, appId: string, create: boolean): Reply {
  const shownOf = ({ principalId }: DirectoryApplication) => ({ id: principalId, appId });
  if (method === "GET" || !create) return { status: 200, body: shownOf(directory.byPrincipal(appId)) };
  const { application, created } = directory.addPrincipal(appId);
  return created ? { status: 201, body: shownOf(application) } : { status: 204 };
}

function byId(directory: Directory, method: string, id: string, action: string | undefined, body: Json): Reply {
  if (method === "POST" && action === "addPassword") {
    const { secretText, ...password } = directory.addPassword(id, (body["passwordCredential"] ?? {}) as Json);
    return { status: 200, body: { ...password, secretText, hint: secretText.slice(0, 3) } };
  }
  if (method === "POST" && action === "removePassword") directory.removePassword(id, String(body["keyId"]));
  else if (method === "PATCH") directory.update(id, body);
  else if (method === "DELETE") directory.delete(id);
  else return { status: 200, body: shown(directory.byId(id)) };
  return { status: 204 };
}

const PAGE = 2;

/** Small pages, so that following them is tried by every listing. */
function list(directory: Directory, query: URLSearchParams): Reply {
  const [, tag] = /^tags\/any\(t:t eq '([^']+)'\)$/.exec(query.get("$filter") ?? "") ?? [];
  const all = directory
    .applications()
    .filter(({ properties }) => tag === undefined || (properties["tags"] as readonly string[]).includes(tag));
  const from = Number(query.get("$skiptoken") ?? 0);
  const next = new URLSearchParams(query);
  next.set("$skiptoken", String(from + PAGE));
  const more = from + PAGE < all.length ? { "@odata.nextLink": `https://graph.microsoft.com/v1.0/applications?${next.toString()}` } : {};
  return { status: 200, body: { value: all.slice(from, from + PAGE).map(shown), ...more } };
}

function shown({ id, appId, uniqueName, properties, passwords }: DirectoryApplication): Json {
  const passwordCredentials = passwords.map(({ secretText, ...rest }: Password) => ({
    ...rest,
    secretText: null,
    hint: secretText.slice(0, 3),
  }));
  return { ...properties, id, appId, uniqueName, passwordCredentials };
}

function objectOf(text: string): Json {
  if (text === "") return {};
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new GraphRefusal(400, "BadRequest", "Unable to read JSON request payload.");
  }
}
