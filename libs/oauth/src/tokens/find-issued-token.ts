import { clientStreamId } from "../context/index.ts";
import type { TokenSources } from "./find-access-token.ts";
import { isRecordedToken, type PresentedToken } from "./presented-token.ts";
import type { AccessTokenView } from "./views.ts";

/** A token without a grant: its issuance event, its own revocation, and the generations it was made under. */
export async function findIssuedToken(
  context: TokenSources,
  presented: PresentedToken,
  locator: string,
): Promise<AccessTokenView | undefined> {
  const issued = await context.issuance.read(locator);
  if (issued === undefined) return undefined;
  const { access, clientId, sub, entity, generations } = issued.event.data;
  if (access.exp <= context.clock.now() || !isRecordedToken(context.signer, presented, clientId, access)) return undefined;
  if ((await context.tokens.load(access.jti)).state.status === "revoked") return undefined;
  if (!(await stands(context, { clientId, sub, resourceId: access.resource, generations }))) return undefined;
  return {
    clientId,
    sub,
    entity,
    scope: access.scope,
    aud: access.aud,
    ...(access.resource === undefined ? {} : { resourceId: access.resource }),
    jti: access.jti,
    iat: access.iat,
    exp: access.exp,
    format: access.format,
  };
}

interface Basis {
  readonly clientId: string;
  readonly sub: string;
  readonly resourceId: string | undefined;
  readonly generations: { readonly client: number; readonly resource?: number; readonly subject?: number };
}

/** P5: dead as soon as one of its generations has been raised, or its client, resource or subject is barred. */
async function stands(context: TokenSources, basis: Basis): Promise<boolean> {
  const { generations } = basis;
  const client = (await context.clients.load(clientStreamId(basis.clientId))).state;
  if (client.status !== "active" || client.generation > generations.client) return false;
  if (basis.resourceId !== undefined) {
    const resource = (await context.resources.load(basis.resourceId)).state;
    if (resource.status !== "active" || resource.generation > (generations.resource ?? 0)) return false;
  }
  if (generations.subject === undefined) return true;
  const subject = (await context.subjects.load(basis.sub)).state;
  return subject.status === "active" && subject.generation <= generations.subject;
}
