import type { AccessPolicy, RegisteredResource, TokenPolicy } from "@grantline/domain/resource";
import type { AdminParts } from "../context.ts";
import { AdminProblem } from "../problem.ts";
import type { Caller } from "../route/caller.ts";
import type { TokenPolicyInput } from "./resource.schema.ts";

/** Outside production a resource without a policy is open to whoever can log in, and says so in the log. */
const OPEN: AccessPolicy = {
  rules: [{ subjects: { any: true }, entities: ["human", "service", "agent"], verification: ["operator", "cimd", "dcr"], scopes: ["*"] }],
};

/** P14: "any authenticated subject" only in development; in production a resource comes with its policy. Throws AdminProblem 400. */
export function policyOrDefault(settings: Pick<AdminParts["settings"], "production">, policy: AccessPolicy | undefined): AccessPolicy {
  if (policy !== undefined) return policy;
  if (settings.production) throw new AdminProblem(400, "access-policy-required", "Say with access_policy who may use the resource.");
  return OPEN;
}

/** RFC 8707 §2: an absolute URI without a fragment; https, or http on this machine. Throws AdminProblem 400. */
export function checkResourceUri(uri: string, settings: Pick<AdminParts["settings"], "issuer" | "adminResource">): void {
  const refused = (why: string): AdminProblem =>
    new AdminProblem(400, "value-not-allowed", `uri ${why}.`, { errors: [{ path: "uri", message: why }] });
  if (!/^[!-~]+$/.test(uri) || !URL.canParse(uri)) throw refused("must be an absolute URI");
  const url = new URL(uri);
  if (uri.includes("#")) throw refused("must not have a fragment");
  if (url.username !== "" || url.password !== "") throw refused("must not have user information");
  const local =
    url.hostname === "localhost" || url.hostname === "127.0.0.1" || url.hostname === "[::1]" || url.hostname.endsWith(".localhost");
  if (url.protocol !== "https:" && !(url.protocol === "http:" && local)) throw refused("must be https, or http on this machine");
  // One spelling: clients compare it byte for byte.
  if (url.href !== uri && url.href !== `${uri}/`) throw refused("must be written in its normal form");
  if (uri === settings.issuer || uri === settings.adminResource) throw refused("names this server itself");
}

export function readTokenPolicy(input: TokenPolicyInput | undefined): TokenPolicy {
  const { format, access_token_lifetime: accessTokenLifetime, alg } = input ?? {};
  return {
    ...(format === undefined ? {} : { format }),
    ...(accessTokenLifetime === undefined ? {} : { accessTokenLifetime }),
    ...(alg === undefined ? {} : { alg }),
  };
}

/** The resource of a path, by id. Throws AdminProblem 404. */
export async function findResource(context: Pick<AdminParts, "resources">, resourceId: string): Promise<RegisteredResource> {
  const { state } = await context.resources.load(resourceId);
  if (state.status !== "active") throw new AdminProblem(404, "not-found", "No resource has this id.");
  return state;
}

/** P14: who may change the admin API's own policy could give himself everything. */
export function requireAdminForOwn(context: Pick<AdminParts, "settings">, caller: Caller, resource: RegisteredResource): void {
  if (resource.uri !== context.settings.adminResource || caller.admin) return;
  throw new AdminProblem(403, "admin-scope-required", "This is the admin API itself; it needs grantline:admin.");
}
