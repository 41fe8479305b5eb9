import { AdminProblem, type AdminCall } from "@grantline/admin";
import type { ScopeDefinition } from "@grantline/domain/resource";
import type { ServerDefinition } from "@grantline/domain/server";
import { partsOf, secretName, SecretRefused } from "@grantline/secrets";
import type { UpstreamContext } from "../context.ts";
import { DISCOVERED, isProvider } from "../providers/providers.ts";
import { readPolicy, type ChangeServerInput } from "./server.schema.ts";

/** The base scope of a server's resource: without more, whoever may use it may use all of it. */
const USE = "mcp:use";

/** The definition of a request. Throws AdminProblem 400 for what does not fit together, 403 for what takes a full administrator. */
export function readDefinition(
  context: UpstreamContext,
  caller: AdminCall<unknown, unknown>["caller"],
  name: string,
  input: ChangeServerInput,
): ServerDefinition {
  const { url, stdio, provider, authorization, scopes, client } = input;
  if ((url === undefined) === (stdio === undefined)) throw notAllowed("url", "give either url or stdio");
  if (stdio !== undefined && authorization !== "none") throw notAllowed("authorization", "a program speaks for itself: none");
  // who names a program runs it, on the machine of the gateway
  if (stdio !== undefined && !caller.admin)
    throw new AdminProblem(403, "admin-scope-required", "A server that is a program needs grantline:admin.");
  if (authorization === "oauth" && !isProvider(context, provider)) throw notAllowed("provider", "is none of the settings' providers");
  const basics = {
    name,
    provider,
    authorization,
    scopes: [...new Set(scopes)],
    policy: readPolicy(input.policy),
    ...(client === undefined ? {} : { client: readClient(name, provider, client) }),
  };
  return stdio === undefined ? { ...basics, url: url ?? "" } : { ...basics, stdio };
}

/**
 * P14: a secret that goes wherever the server is (the one token for everybody, the secret of its own client at the authorization server it names) goes to nobody
 * an operator of servers alone chooses afterwards. `former`: what has the name, or "removed" where something had it. Throws AdminProblem 403.
 */
export function requireSamePlace(
  caller: AdminCall<unknown, unknown>["caller"],
  next: ServerDefinition,
  former: ServerDefinition | "removed" | undefined,
): void {
  if (caller.admin || former === undefined || !bringsSecret(next)) return;
  if (former !== "removed" && bringsSecret(former) && former.url === next.url && former.provider === next.provider) return;
  throw new AdminProblem(403, "admin-scope-required", "To take a server's secret to another place needs grantline:admin.");
}

function bringsSecret({ authorization, provider, client }: ServerDefinition): boolean {
  // a provider of the settings has its endpoints there
  return authorization === "static" || (provider === DISCOVERED && client?.secretName !== undefined);
}

/** A server may be anywhere, so its client's secret is one of its own: nobody points another one's at a token endpoint of theirs. */
function readClient(
  name: string,
  provider: string,
  client: NonNullable<ChangeServerInput["client"]>,
): NonNullable<ServerDefinition["client"]> {
  const { client_id: clientId, secret_name: given } = client;
  if (given === undefined) return { clientId };
  const parts = nameParts(given);
  if (parts?.server !== name || parts.provider !== provider)
    throw notAllowed("client.secret_name", `must begin with oauth/${provider}/${name}/`);
  return { clientId, secretName: given };
}

function nameParts(text: string) {
  try {
    return partsOf(secretName(text));
  } catch (error) {
    if (error instanceof SecretRefused) return undefined;
    throw error;
  }
}

/** The scopes of its resource: those given, else those it has (at first one to use it), and what its tools need. */
export function scopesOf(
  server: ServerDefinition,
  given: readonly ScopeDefinition[] | undefined,
  present: readonly ScopeDefinition[] = [{ name: USE, description: `Use the MCP server ${server.name}`, default: true }],
): readonly ScopeDefinition[] {
  if (given !== undefined) return given;
  const needed = new Set(Object.values(server.policy.tools?.scopes ?? {}).flat());
  for (const { name } of present) needed.delete(name);
  const added = [...needed].map((scope) => ({ name: scope, description: `Use the tools of ${server.name} that need ${scope}` }));
  return [...present, ...added];
}

function notAllowed(path: string, message: string): AdminProblem {
  return new AdminProblem(400, "value-not-allowed", `${path} ${message}.`, { errors: [{ path, message }] });
}
