import { createHash } from "node:crypto";
import type { ClientMetadata, ClientRegistered, ClientSettings } from "@grantline/domain/client";
import type { RegisteredResource } from "@grantline/domain/resource";
import type { CommandMeta } from "@grantline/event-store";
import { clientStreamId, resourceStreamId } from "../context/index.ts";
import { sealClaims } from "../person/index.ts";
import { parseScope } from "../scope/index.ts";
import { mintCode, sha256 } from "../tokens/index.ts";
import type { World } from "./world.ts";

export const META: CommandMeta = { correlationId: "test", actor: { kind: "operator", id: "test" } };
export const VERIFIER = "v".repeat(43);
export const CALLBACK = "http://127.0.0.1/cb";

export interface ClientOptions {
  readonly secret?: string;
  readonly metadata?: Partial<ClientMetadata>;
  readonly settings?: ClientSettings;
  readonly how?: ClientRegistered["data"]["how"];
}

/** Registers a client; with a secret it is confidential. */
export async function aClient({ context }: Pick<World, "context">, clientId: string, options: ClientOptions = {}): Promise<void> {
  const now = context.clock.now();
  const metadata: ClientMetadata = {
    redirect_uris: [CALLBACK],
    grant_types: ["authorization_code", "refresh_token", ...(options.secret === undefined ? [] : ["client_credentials"])],
    response_types: ["code"],
    token_endpoint_auth_method: options.secret === undefined ? "none" : "client_secret_basic",
    application_type: "native",
    ...options.metadata,
  };
  const secret = options.secret === undefined ? {} : { secret: { id: "s1", hash: sha256(options.secret), issuedAt: now } };
  const event = {
    clientId,
    how: options.how ?? ("admin" as const),
    metadata,
    settings: options.settings ?? {},
    documentHash: sha256(JSON.stringify(metadata)),
  };
  await context.clients.execute(clientStreamId(clientId), { kind: "register", now, event, ...secret }, META);
}

/** Registers a resource everybody may use, with the scopes given. */
export async function aResource(
  { context }: Pick<World, "context">,
  uri: string,
  options: { readonly scopes?: readonly string[]; readonly clientId?: string } & Partial<
    Pick<RegisteredResource, "policy" | "tokenPolicy">
  > = {},
): Promise<string> {
  const resourceId = resourceStreamId(uri);
  const everybody = {
    subjects: { any: true as const },
    entities: ["human", "service", "agent"] as const,
    verification: ["operator", "cimd", "dcr"] as const,
    scopes: ["*"],
  };
  await context.resources.execute(
    resourceId,
    {
      kind: "register",
      now: context.clock.now(),
      resourceId,
      uri,
      name: uri,
      clientId: options.clientId ?? "rs",
      scopes: (options.scopes ?? ["read", "write"]).map((name) => ({ name, description: name })),
      policy: options.policy ?? { rules: [everybody] },
      tokenPolicy: options.tokenPolicy ?? {},
    },
    META,
  );
  return resourceId;
}

export async function aSubject(
  { context }: Pick<World, "context">,
  subject: string,
  claims: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await context.subjects.execute(
    subject,
    { kind: "see", now: context.clock.now(), subject, claims: await sealClaims(context, subject, claims), groups: [], changed: true },
    META,
  );
}

export interface GrantOptions {
  readonly clientId?: string;
  readonly subject?: string;
  readonly scope?: string;
  /** Resource uris with the scopes granted there. */
  readonly resources?: Readonly<Record<string, readonly string[]>>;
  readonly sessionId?: string;
  readonly offline?: boolean;
  readonly nonce?: string;
  readonly refreshable?: boolean;
}

let grants = 0;

/** A grant as the authorization endpoint leaves it: authorized, with a code to redeem. */
export async function aGrant(
  { context }: Pick<World, "context">,
  options: GrantOptions = {},
): Promise<{ readonly grantId: string; readonly code: string }> {
  const now = context.clock.now();
  const lifetimes = context.settings.lifetimes.human;
  const { clientId = "app", subject = "alice", resources = {} } = options;
  const grantId = `${context.settings.region}${String(++grants).padStart(8, "0")}${context.random.hex(12)}`;
  const code = mintCode(context.random, grantId);
  const generationOf = async (uri: string) => {
    const { state } = await context.resources.load(resourceStreamId(uri));
    return [resourceStreamId(uri), state.status === "none" ? 0 : state.generation] as const;
  };
  const client = (await context.clients.load(clientId)).state;
  const person = (await context.subjects.load(subject)).state;
  await context.grants.execute(
    grantId,
    {
      kind: "authorize",
      now,
      event: {
        clientId,
        subject,
        entity: "human",
        resources: Object.entries(resources).map(([uri, scopes]) => ({ id: resourceStreamId(uri), uri, scopes })),
        scope: parseScope(options.scope ?? Object.values(resources).flat().join(" ")),
        authTime: now,
        amr: ["pwd"],
        generations: {
          client: client.status === "none" ? 0 : client.generation,
          subject: person.status === "none" ? 0 : person.generation,
          consent: 0,
          resources: Object.fromEntries(await Promise.all(Object.keys(resources).map(generationOf))),
        },
        refreshable: options.refreshable ?? true,
        absoluteExpiresAt: now + lifetimes.refreshAbsolute,
        offline: options.offline ?? false,
        ...(options.sessionId === undefined ? {} : { sessionId: options.sessionId }),
        ...(options.nonce === undefined ? {} : { nonce: options.nonce }),
        codeHash: code.hash,
        codeExpiresAt: now + lifetimes.code,
        codeChallenge: createHash("sha256").update(VERIFIER).digest("base64url"),
        redirectUri: CALLBACK,
        redirectUriGiven: true,
        consent: { stream: "consent-x", revision: 0 },
      },
    },
    META,
  );
  return { grantId, code: code.value };
}
