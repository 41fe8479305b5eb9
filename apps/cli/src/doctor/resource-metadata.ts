import { difference, isSecure, strings } from "./differences.ts";
import { readDocument } from "./document.ts";
import { Findings, type Finding, type Section } from "./findings.ts";
import { probe, type Probe } from "./probe.ts";

export interface FoundResource {
  readonly section: Section;
  /** Issuers as the document spells them. */
  readonly issuers: readonly string[];
  readonly resource?: string;
  readonly answers: readonly Probe[];
}

type Json = Readonly<Record<string, unknown>>;

/** Protected resource metadata (RFC 9728) at every place a client looks: the challenge's, path-inserted, root. */
export async function checkResourceMetadata(server: string, fromChallenge: string | undefined): Promise<FoundResource> {
  const { origin, pathname } = new URL(server);
  const root = `${origin}/.well-known/oauth-protected-resource`;
  const inserted = pathname === "/" ? root : `${root}${pathname}`;
  const places = [...new Set([...(fromChallenge === undefined ? [] : [fromChallenge]), inserted, root])];
  const answers = await Promise.all(places.map((url) => probe(url)));
  const read = answers.map((answer) => readPlace(answer, { server, inserted, root, fromChallenge }));
  const first = read.find(({ document }) => document !== undefined)?.document;
  const about = new Findings();
  if (first === undefined)
    about.add("error", "found", "no client finds the resource metadata, neither by the challenge nor at a well-known path");
  const same = new Set(read.flatMap(({ document }) => (document === undefined ? [] : [JSON.stringify(document["authorization_servers"])])));
  if (same.size > 1)
    about.add("error", "agree", "the places name different authorization servers: which one a client gets depends on where it looks");
  const resource = first?.["resource"];
  return {
    section: { area: "resource metadata", findings: [...read.flatMap(({ findings }) => findings), ...about.all] },
    issuers: strings(first?.["authorization_servers"]),
    ...(typeof resource === "string" ? { resource } : {}),
    answers,
  };
}

interface Places {
  readonly server: string;
  readonly inserted: string;
  readonly root: string;
  readonly fromChallenge: string | undefined;
}

function readPlace(answer: Probe, places: Places): { readonly document?: Json; readonly findings: readonly Finding[] } {
  const found = new Findings(answer.url);
  const named = answer.url === places.fromChallenge;
  // A place nobody was sent to may be empty: others are looked at too
  if (!named && answer.status === 404) {
    const inserted = answer.url === places.inserted;
    found.add(
      inserted ? "warning" : "info",
      "status",
      inserted
        ? "nothing at the well-known path for this very server: some clients look nowhere else, or invent endpoints of their own"
        : "nothing at the root: old clients look only there",
    );
    return { findings: found.all };
  }
  const document = readDocument(found, answer, "the resource metadata");
  if (document === undefined) return { findings: found.all };
  checkResource(found, document["resource"], places, answer.url);
  checkServers(found, document["authorization_servers"]);
  checkScopes(found, document["scopes_supported"]);
  if (strings(document["bearer_methods_supported"]).includes("query"))
    found.add("warning", "bearer-methods", "tokens are taken in the query, where logs keep them; MCP forbids it");
  return { document, findings: found.all };
}

function checkResource(found: Findings, resource: unknown, { server, root, inserted }: Places, url: string): void {
  if (typeof resource !== "string")
    return found.add("error", "resource", "resource is missing: clients must refuse the document (RFC 9728 §3.3)");
  const { origin, pathname } = new URL(server);
  // The root document speaks for the origin, or for the one server there
  const allowed = url === root && root !== inserted ? [server, origin, `${origin}/`] : [server];
  if (allowed.includes(resource)) return found.add("ok", "resource", "resource is the server's URL, byte for byte");
  const values = { expected: server, found: resource };
  if (pathname === "/" && difference(origin, resource.replace(/\/$/, "")) === undefined)
    return found.add(
      "warning",
      "resource",
      "for a server at the root, clients differ in whether the URL ends in a slash; a path such as /mcp avoids it",
      values,
    );
  if (server.startsWith(`${resource.replace(/\/$/, "")}/`))
    return found.add(
      "warning",
      "resource",
      "resource is a parent of the server's URL: newer SDKs take that, strict clients (RFC 9728 §3.3) refuse it",
      values,
    );
  found.add(
    "error",
    "resource",
    `resource is not the server's URL: ${difference(server, resource) ?? ""}. Clients refuse the document`,
    values,
  );
}

function checkServers(found: Findings, value: unknown): void {
  const servers = strings(value);
  if (servers.length === 0)
    return found.add("error", "authorization-servers", "authorization_servers is missing or empty: a client has nowhere to go");
  for (const issuer of servers) {
    if (!isSecure(issuer)) found.add("error", "authorization-servers", `${issuer} is no https URL`);
    else if (new URL(issuer).search !== "" || new URL(issuer).hash !== "")
      found.add("error", "authorization-servers", `${issuer} has a query or fragment: no issuer has (RFC 8414 §2)`);
    else found.add("ok", "authorization-servers", `names ${issuer}`);
  }
  if (servers.length > 1) found.add("info", "authorization-servers", "clients use the first authorization server and ignore the rest");
}

function checkScopes(found: Findings, value: unknown): void {
  const scopes = strings(value);
  if (scopes.includes("offline_access"))
    found.add("warning", "scopes-supported", "offline_access is for the authorization server's metadata, not for a resource's");
  if (scopes.length > 10)
    found.add(
      "info",
      "scopes-supported",
      `${scopes.length} scopes: clients ask for all they see here, so name the few that the basics need`,
    );
}
