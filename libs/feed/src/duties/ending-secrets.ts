import type { ClientCommand, ClientOutcome, ClientSecret, ClientState } from "@grantline/domain/client";
import { StreamParked, type StreamRepository } from "@grantline/event-store";
import { tables, type ClientRow, type ListPage, type ReadModel } from "@grantline/read-model";
import type { Lease } from "../lease/index.ts";
import type { FeedLog } from "../log.port.ts";
import type { LeasedDuty } from "./leased-duties.ts";

const PAGE = 200;
const EVERY_SECONDS = 6 * 3_600;
const AHEAD_SECONDS = 14 * 86_400;

export interface EndingSecretsOptions {
  readonly readModel: Pick<ReadModel, "list">;
  readonly clients: Pick<StreamRepository<ClientState, ClientCommand, ClientOutcome>, "load">;
  /** Epoch seconds. */
  readonly clock: { now(): number };
  readonly log: FeedLog;
  readonly metrics?: { secretsEnding(withSuccessor: number, without: number): void };
  /** How long before its end a secret is worth a warning. */
  readonly aheadSeconds?: number;
  readonly everySeconds?: number;
}

/**
 * Warns of client secrets that end soon: in the log, by client and secret id, and as a gauge to alert on. No event: that time passes changes nobody's
 * rights, and the end itself stands in ClientSecretIssued or ClientSecretRetired already.
 */
export function endingSecretsDuty(options: EndingSecretsOptions): LeasedDuty {
  return { name: "warn-of-ending-secrets", everySeconds: options.everySeconds ?? EVERY_SECONDS, run: (lease) => warn(options, lease) };
}

/** How many secrets end soon. The listing says where to look; the stream says what is. */
async function warn(options: EndingSecretsOptions, lease: Lease): Promise<number> {
  const { clients, clock, log, metrics, aheadSeconds = AHEAD_SECONDS } = options;
  let [withSuccessor, without] = [0, 0];
  for await (const streamId of activeClients(options, lease)) {
    const state = await clients.load(streamId).then((loaded) => loaded.state, unlessParked);
    if (state?.status !== "active") continue;
    for (const secret of endingSoon(state.secrets, clock.now(), aheadSeconds)) {
      const successor = hasSuccessor(state.secrets, secret);
      if (successor) withSuccessor += 1;
      else without += 1;
      const members = { clientId: state.clientId, secretId: secret.id, endsAt: secret.expiresAt };
      if (successor) log.info(members, "a client's former secret ends soon; its successor must be in use by then");
      else log.warn(members, "a client's only secret ends soon; without a new one it is locked out");
    }
  }
  metrics?.secretsEnding(withSuccessor, without);
  return withSuccessor + without;
}

function endingSoon(secrets: readonly ClientSecret[], now: number, ahead: number): readonly ClientSecret[] {
  return secrets.filter(({ expiresAt = Infinity }) => expiresAt > now && expiresAt <= now + ahead);
}

function hasSuccessor(secrets: readonly ClientSecret[], ending: ClientSecret): boolean {
  return secrets.some(({ expiresAt = Infinity }) => expiresAt > (ending.expiresAt ?? Infinity));
}

/** P11: a parked stream holds up nobody else. */
function unlessParked(error: unknown): undefined {
  if (!(error instanceof StreamParked)) throw error;
}

async function* activeClients({ readModel }: EndingSecretsOptions, lease: Lease): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    await lease.assertHeld();
    const page: ListPage = await readModel.list(tables.clients, {
      where: { status: "active" },
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const { value } of page.rows) yield (value as ClientRow).streamId;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
