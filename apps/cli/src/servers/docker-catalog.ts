import { parse } from "yaml";
import { z } from "zod";
import { CommandFailed } from "../failure.ts";
import { SERVER_NAME } from "../gateway/server-name.ts";
import type { ServerDocument } from "./server-document.ts";

/** The parts of Docker's MCP catalog that say how a server is reached and who gives tokens for it; the rest is for their user interface. */
const named = z.looseObject({ name: z.string() });
const entrySchema = z.looseObject({
  type: z.enum(["server", "remote", "poci"]).default("server"),
  image: z.string().optional(),
  command: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  disableNetwork: z.boolean().default(false),
  remote: z
    .looseObject({
      url: z.string().optional(),
      transport_type: z.string().optional(),
      headers: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
  oauth: z
    .looseObject({
      providers: z.array(z.looseObject({ provider: z.string(), env: z.string().optional() })).default([]),
      scopes: z.array(z.string()).default([]),
    })
    .optional(),
  secrets: z.array(z.looseObject({ name: z.string(), env: z.string().optional() })).default([]),
  env: z.array(z.looseObject({ name: z.string(), value: z.union([z.string(), z.number(), z.boolean()]).optional() })).default([]),
  tools: z.array(named).default([]),
});
type Entry = z.infer<typeof entrySchema>;
const catalogSchema = z.looseObject({ registry: z.record(z.string(), z.unknown()) });

/** Names that Docker and we know the same provider by. */
const PROVIDERS: Readonly<Record<string, string>> = { github: "github", google: "google", microsoft: "entra", entra: "entra" };

export interface Imported {
  readonly servers: readonly ServerDocument[];
  /** What can't be had as it is, one line each. */
  readonly notes: readonly string[];
}

/**
 * Reads a catalog as `docker mcp catalog export` writes it. `wanted`: only these entries, by their names there. Throws CommandFailed when it is no such
 * catalog, or has none of the wanted names.
 */
export function readDockerCatalog(text: string, wanted: readonly string[] = []): Imported {
  const registry = registryOf(text);
  const missing = wanted.find((name) => !Object.hasOwn(registry, name));
  if (missing !== undefined) throw new CommandFailed(`the catalog has no server called ${missing}`, 1);
  const servers: ServerDocument[] = [];
  const notes: string[] = [];
  for (const [key, value] of Object.entries(registry)) {
    if (wanted.length > 0 && !wanted.includes(key)) continue;
    const entry = entrySchema.safeParse(value);
    const made = entry.success ? documentOf(key, entry.data, notes) : `${key}: ${entry.error.issues[0]?.message ?? "malformed"}`;
    if (typeof made === "string") notes.push(made);
    else servers.push(made);
  }
  return { servers, notes };
}

function registryOf(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    // No aliases: a few lines of them can stand for gigabytes
    value = parse(text, { maxAliasCount: 0, prettyErrors: false });
  } catch (error) {
    throw new CommandFailed(`the catalog is no YAML: ${error instanceof Error ? error.message : String(error)}`, 1);
  }
  const catalog = catalogSchema.safeParse(value);
  if (!catalog.success) throw new CommandFailed("this is no catalog of Docker's: it has no registry of servers", 1);
  return catalog.data.registry;
}

/** The server, or why there is none. */
function documentOf(key: string, entry: Entry, notes: string[]): ServerDocument | string {
  const name = nameOf(key);
  if (name === undefined) return `${key}: no name of a-z, 0-9 and dashes can be made of it`;
  if (entry.type === "poci") return `${key}: its tools are containers that run once each; the gateway serves MCP servers`;
  const reached = reachedAt(key, entry);
  if (typeof reached === "string") return reached;
  const authorization = authorizationOf(entry);
  if (reached.stdio !== undefined && authorization === "oauth")
    return `${key}: a program that wants tokens of its users (OAuth); the gateway gives those to servers with a URL only`;
  const provider = providerOf(entry);
  const scopes = entry.oauth?.scopes ?? [];
  if (name !== key) notes.push(`${key}: added as ${name}`);
  if (entry.secrets.length > 0)
    notes.push(`${key}: needs ${entry.secrets.map(({ name: secret }) => secret).join(", ")}; see grantline secret set`);
  return { name, ...reached, provider, authorization, scopes };
}

/** Upper case, underscores and dots are for Docker; here a name is part of a URL. */
function nameOf(key: string): string | undefined {
  const name = key
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  return SERVER_NAME.test(name) ? name : undefined;
}

function reachedAt(key: string, entry: Entry): Pick<ServerDocument, "url" | "stdio"> | string {
  const { remote, image } = entry;
  if (remote?.url !== undefined && remote.url !== "") {
    if (remote.transport_type === "sse") return `${key}: speaks the SSE transport of 2024, which the gateway does not`;
    return URL.canParse(remote.url) ? { url: remote.url } : `${key}: ${remote.url} is no URL`;
  }
  if (image === undefined || image === "") return `${key}: has neither a URL nor an image`;
  const variables = [...entry.env.map(({ name }) => name), ...entry.secrets.flatMap(({ env }) => env ?? [])];
  return { stdio: { command: "docker", args: dockerRun(entry, image, variables), env: [...new Set(variables)] } };
}

/** As Docker's own gateway runs it: no privileges, one run each, what it needs from the environment and nothing else. */
function dockerRun(entry: Entry, image: string, variables: readonly string[]): readonly string[] {
  return [
    "run",
    "--rm",
    "--interactive",
    "--init",
    "--security-opt",
    "no-new-privileges",
    ...(entry.disableNetwork ? ["--network", "none"] : []),
    ...new Set(variables.flatMap((name) => [`--env=${name}`])),
    ...entry.volumes.map((volume) => `--volume=${volume}`),
    image,
    ...entry.command,
  ];
}

function providerOf({ oauth }: Entry): string {
  const named = oauth?.providers[0]?.provider.toLowerCase();
  // A server whose provider we do not know says itself who gives its tokens (RFC 9728)
  return (named === undefined ? undefined : PROVIDERS[named]) ?? "discovered";
}

function authorizationOf({ oauth, secrets, remote }: Entry): ServerDocument["authorization"] {
  if (oauth !== undefined && oauth.providers.length > 0) return "oauth";
  if (remote?.url === undefined) return "none";
  const headers = Object.keys(remote.headers ?? {}).map((each) => each.toLowerCase());
  if (headers.includes("authorization") && secrets.length > 0) return "static";
  return secrets.length === 0 && headers.length === 0 ? "oauth" : "none";
}
