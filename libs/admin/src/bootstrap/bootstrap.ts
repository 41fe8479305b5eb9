import type { AccessPolicy } from "@grantline/domain/resource";
import type { CommandMeta } from "@grantline/event-store";
import { resourceStreamId } from "@grantline/oauth/context";
import type { AdminParts } from "../context.ts";
import { SIGNAL_SCOPES, signalsResource } from "@grantline/oauth/resource";
import { ADMIN_SCOPES } from "../scopes.ts";
import { ADMIN_CLIENT_ID, ensureAdminClient } from "./admin-client.ts";
import { ensureCliClient } from "./cli-client.ts";
import { ensureResource, type DeclaredResource } from "./declared-resource.ts";
import { ensureGatewayApi } from "./gateway-api.ts";

/** What a start must find in place; a whole `Config` will do. Operators are read from the settings at each decision, not recorded. */
export interface BootstrapSettings {
  readonly people: { readonly adminSecret?: string | undefined };
  readonly resources: { readonly declared: readonly DeclaredResource[] };
  readonly gateway?: { readonly url?: string | undefined };
}

/** `adminSecret`: made just now and never shown again. */
export interface Bootstrapped {
  readonly adminSecret?: string;
}

/**
 * P14: people named as operators, through clients an operator made, and such clients themselves. `permittedScopes` adds that a person must be an
 * operator; the client's own ceiling must name the scope.
 */
const ADMIN_POLICY: AccessPolicy = {
  rules: [
    {
      subjects: { any: true },
      entities: ["human", "service", "agent"],
      verification: ["operator"],
      scopes: ADMIN_SCOPES.map(({ name }) => name),
    },
  ],
};

/** Puts the admin resource, the clients `grantline-admin` and `grantline-cli`, the declared resources and the gateway's API in place. Runs at every start; changes nothing when nothing changed. */
export async function bootstrap(context: AdminParts, { people, resources, gateway }: BootstrapSettings): Promise<Bootstrapped> {
  const meta: CommandMeta = { correlationId: context.random.hex(16), actor: { kind: "system", id: "bootstrap" } };
  await ensureAdminResource(context, meta);
  const made = await ensureAdminClient(context, people.adminSecret, meta);
  await ensureCliClient(context, meta);
  if (context.settings.signals === true) await ensureResource(context, signalsApi(context), meta);
  for (const declared of resources.declared) await ensureResource(context, declared, meta);
  await ensureGatewayApi(context, gateway?.url ?? context.settings.origin, meta);
  return made;
}

/** The transmitter's API: for programs an operator made a client for, and named the scopes of. */
function signalsApi({ settings }: AdminParts): DeclaredResource {
  const policy: AccessPolicy = {
    rules: [
      {
        subjects: { any: true },
        entities: ["service", "agent"],
        verification: ["operator"],
        scopes: SIGNAL_SCOPES.map(({ name }) => name),
      },
    ],
  };
  return { uri: signalsResource(settings), name: "Shared signals", scopes: SIGNAL_SCOPES, policy };
}

async function ensureAdminResource(context: AdminParts, meta: CommandMeta): Promise<void> {
  const now = context.clock.now();
  const uri = context.settings.adminResource;
  const resourceId = resourceStreamId(uri);
  const { state } = await context.resources.load(resourceId, { fresh: true });
  if (state.status !== "active") {
    const policy = { scopes: ADMIN_SCOPES, policy: ADMIN_POLICY, tokenPolicy: {} };
    await context.resources.execute(
      resourceId,
      { kind: "register", now, resourceId, uri, name: "Grantline administration", clientId: ADMIN_CLIENT_ID, ...policy },
      meta,
    );
    return;
  }
  // The policy is left as it is: an operator may have narrowed it.
  await context.resources.execute(resourceId, { kind: "define-scopes", now, scopes: ADMIN_SCOPES }, meta);
}
