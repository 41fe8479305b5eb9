import { type GrantBasis, standingLost } from "@grantline/domain/grant";
import type { AccessTokenIssued } from "@grantline/domain/issuance";
import { type EventStore, parseEvent, StreamParked } from "@grantline/event-store";
import type { OAuthContext } from "@grantline/oauth/context";
import { currentStanding } from "@grantline/oauth/standing";
import { PLACES } from "@grantline/oauth/tokens";
import type { Projector, ReadModel } from "@grantline/read-model";
import { createStatusBits, type StatusBits } from "./bits.ts";
import { type GrantStatusRow, type IssuedStatusRow, statusTable } from "./status.projection.ts";

export type ListSources = Pick<OAuthContext, "clients" | "subjects" | "consents" | "resources" | "signer" | "clock"> & {
  readonly store: Pick<EventStore, "readStream">;
  readonly readModel: Pick<ReadModel, "list">;
  readonly projector: Pick<Projector, "fresh">;
};

const ISSUED = /^([a-z0-9]+-[0-9]{10})\.(0|[1-9][0-9]{0,9})$/;
const OF_GRANTS = /^g\.[0-9a-f]{16}$/;
const PAGE = 500;

/** Everything a list says right now; undefined when no token that may still live is in it. Revocations acknowledged before the call are in it (P5). */
export async function judgeList(context: ListSources, list: string): Promise<StatusBits | undefined> {
  const issued = ISSUED.exec(list);
  if (issued === null && !OF_GRANTS.test(list)) return undefined;
  const bits = createStatusBits(PLACES);
  const streamed = issued === null ? 0 : await judgeIssued(context, bits, `issuance-${issued[1]}`, Number(issued[2]));
  const rows = await context.projector.fresh(() => judgeRows(context, bits, list));
  return streamed + rows === 0 ? undefined : bits;
}

async function judgeRows(context: ListSources, bits: StatusBits, list: string): Promise<number> {
  let count = 0;
  let cursor: string | undefined;
  do {
    const page = await context.readModel.list(statusTable, { where: { list }, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    for (const { value } of page.rows) {
      const row = value as GrantStatusRow | IssuedStatusRow;
      if (row.kind === "issued") bits.invalidate(row.idx);
      else count += await judgeGrant(context, bits, list, row);
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return count;
}

/** How many tokens of the grant are in the list and may live. */
async function judgeGrant(context: ListSources, bits: StatusBits, list: string, { basis, ended, tokens }: GrantStatusRow): Promise<number> {
  const now = context.clock.now();
  const living = tokens.filter((token) => token.list === list && token.exp > now);
  for (const token of living) {
    const dead = ended || token.revoked === true || (await lost(context, basis, token.resource, now));
    if (dead) bits.invalidate(token.idx);
  }
  return living.length;
}

/** The tokens without a grant of one block of an issuance stream, by the generations they were made under. */
async function judgeIssued(context: ListSources, bits: StatusBits, stream: string, block: number): Promise<number> {
  const now = context.clock.now();
  let count = 0;
  for (let from = block * PLACES; from < (block + 1) * PLACES; from += PAGE) {
    const events = await context.store.readStream(stream, from, Math.min(PAGE, (block + 1) * PLACES - from));
    for (const stored of events) {
      const { access, clientId, sub, generations } = parseEvent<AccessTokenIssued>(stored).event.data;
      if (access.exp <= now) continue;
      count += 1;
      const { subject, client, resource = 0 } = generations;
      const basis = {
        clientId,
        ...(subject === undefined ? {} : { subject: sub }),
        generations: {
          client,
          subject: subject ?? 0,
          consent: 0,
          resources: access.resource === undefined ? {} : { [access.resource]: resource },
        },
        // no session is behind it, and its own end is all the end it has
        offline: true,
        absoluteExpiresAt: access.exp,
      };
      const untrusted = access.kid !== undefined && !context.signer.trusted(access.kid);
      if (untrusted || (await lost(context, basis, access.resource, now))) bits.invalidate(stored.revision % PLACES);
    }
    if (events.length < PAGE) break;
  }
  return count;
}

type Basis = Pick<GrantBasis, "clientId" | "sessionId" | "generations" | "offline" | "absoluteExpiresAt"> & { readonly subject?: string };

/** P11: what rests on a stream this release can't read is not vouched for. */
async function lost(context: ListSources, basis: Basis, resource: string | undefined, now: number): Promise<boolean> {
  const { clientId, subject, sessionId } = basis;
  try {
    const standing = await currentStanding(context, {
      clientId,
      resourceIds: resource === undefined ? [] : [resource],
      ...(subject === undefined ? {} : { subject }),
      ...(sessionId === undefined ? {} : { sessionId }),
    });
    return standingLost(basis, standing, now);
  } catch (error) {
    if (error instanceof StreamParked) return true;
    throw error;
  }
}
