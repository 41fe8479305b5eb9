import type { ActiveReceiver } from "@grantline/domain/receiver";
import { comparePositions } from "@grantline/event-store";
import { json, type HttpRequest, type HttpResponse } from "@grantline/oauth/http";
import { z } from "zod";
import { openCursor, type Cursor } from "../cursor.ts";
import { rest } from "../sink.port.ts";
import { receiverClient } from "./access.ts";
import type { SsfContext } from "./context.ts";
import { cursorName } from "./push.ts";
import { beginningOf, setsAfter, signSet, type PendingSet, type SetSources } from "./sets.ts";
import { streamOf } from "./stream.handler.ts";
import { malformed, readPoll } from "./stream.request.ts";

/** A long poll that finds nothing is answered after so long. */
const LONGEST_POLL_MS = 10_000;

// RFC 8936 §2.3
export const pollAnswerSchema = z.object({
  sets: z.record(z.string(), z.string()).describe("Security event tokens, signed, by their jti."),
  moreAvailable: z.boolean(),
});

/**
 * RFC 8936 §2: acknowledges what the receiver has, and gives what it does not have yet. What was acknowledged moves the place in the log as far as it is without
 * a gap; what was acknowledged beyond one is remembered with it.
 */
export async function pollSets(context: SsfContext, request: HttpRequest): Promise<HttpResponse> {
  const client = await receiverClient(context.oauth, request, "read");
  const receiver = await streamOf(context, client, request.params["stream_id"] ?? "");
  if (receiver.method !== "poll") throw malformed("This stream is pushed, not polled.");
  const { ack, setErrs, maxEvents, returnImmediately } = readPoll(request);
  const sources = sourcesOf(context);
  const cursor = await openCursor(context.readModel, cursorName(receiver), await beginningOf(sources, `receiver-${client.receiver}`));
  // RFC 8936 §2.4: a token the receiver can't use is settled too; sent again it would be no better
  const settled = new Set([...(await acknowledged(context, receiver)), ...ack, ...Object.keys(setErrs)]);
  const held = receiver.status !== "enabled";
  const untilMs = performance.now() + (returnImmediately || maxEvents === 0 || held ? 0 : LONGEST_POLL_MS);
  for (;;) {
    const { sets, more } = await settle(context, sources, receiver, cursor, settled);
    const offered = held ? [] : sets.slice(0, maxEvents);
    if (offered.length > 0 || performance.now() >= untilMs || request.gone?.aborted === true)
      return json(200, {
        sets: Object.fromEntries(offered.map((set) => [set.jti, signSet(sources, set)])),
        moreAvailable: !held && (more || sets.length > offered.length),
      } satisfies z.infer<typeof pollAnswerSchema>);
    await rest({ store: context.oauth.store, idleMs: 500 }, request.gone ?? AbortSignal.timeout(LONGEST_POLL_MS));
  }
}

function sourcesOf({ oauth, sources }: SsfContext): SetSources {
  const { store, signer, clock } = oauth;
  return { ...sources, store, signer, clock };
}

/** Moves the cursor over what is settled; what is not yet, in order. */
async function settle(context: SsfContext, sources: SetSources, receiver: ActiveReceiver, cursor: Cursor, settled: Set<string>) {
  for (;;) {
    const { sets, upTo, more } = await setsAfter(sources, receiver, cursor.position());
    const open = sets.filter(({ jti }) => !settled.has(jti));
    const first = open[0];
    const reached = first === undefined ? upTo : before(sets, first);
    if (reached !== undefined && comparePositions(reached, cursor.position()) > 0) await cursor.advance(reached);
    if (open.length > 0 || !more) {
      await remember(
        context,
        receiver,
        sets.filter(({ jti }) => settled.has(jti)).map(({ jti }) => jti),
      );
      return { sets: open, more };
    }
  }
}

/** The place just before the first that is open: that of the last settled one, or none. */
function before(sets: readonly PendingSet[], first: PendingSet): string | undefined {
  return sets[sets.indexOf(first) - 1]?.position;
}

const ROW = "acknowledged";

async function acknowledged({ readModel }: SsfContext, receiver: ActiveReceiver): Promise<readonly string[]> {
  const row = await readModel.get(cursorName(receiver), ROW);
  return Array.isArray(row?.value) ? (row.value as string[]) : [];
}

/** Only those that lie beyond a gap need it, a page of the log at most. */
async function remember({ readModel }: SsfContext, receiver: ActiveReceiver, jtis: readonly string[]): Promise<void> {
  const table = cursorName(receiver);
  const known = await readModel.get(table, ROW);
  if (JSON.stringify(known?.value ?? []) === JSON.stringify(jtis)) return;
  await readModel.write(table, [{ kind: "put", table, row: { key: ROW, revision: 0, value: jtis } }]);
}
