import type { CommandMeta } from "@grantline/event-store";
import type { Platform } from "./platform.ts";

export interface EndEverythingOptions {
  /** Why, in an operator's words; stands in every event it makes. */
  readonly reason: string;
  readonly onProgress?: (ended: EndedEverything) => void;
}

export interface EndedEverything {
  /** Clients whose generation was raised. */
  readonly clients: number;
  /** Signing keys struck out. */
  readonly keys: number;
}

const PAGE = 500;
const SIGNED = new Set(["published", "active", "retired"]);

/**
 * Ends every grant, code, refresh token and access token there is (P5): for a log that was restored from a backup and may lack revocations, where nothing given before
 * can be proved unrevoked. Each of them was made under a generation of its client, so raising that of every client ends them for whoever asks us; striking out the
 * signing keys ends the rest, JWTs that validators judge by signature alone, those of the lost stretch included. Registrations, consents and people stay. Interrupted,
 * it may be run again.
 */
export async function endEverything(
  { context }: Pick<Platform, "context">,
  { reason, onProgress }: EndEverythingOptions,
): Promise<EndedEverything> {
  const { clients, clock, keyring, random } = context;
  const meta: CommandMeta = { correlationId: random.hex(16), actor: { kind: "operator", id: "cli" } };
  const ended = { clients: 0, keys: 0 };
  for await (const id of registeredClients(context)) {
    const { outcome } = await clients.execute(id, { kind: "revoke-all", now: clock.now(), reason }, meta);
    if (outcome.kind !== "refused") ended.clients += 1;
    onProgress?.({ ...ended });
  }
  for (const { kid, status } of keyring.list()) {
    if (SIGNED.has(status) && (await keyring.compromise(kid, reason, meta))) ended.keys += 1;
    onProgress?.({ ...ended });
  }
  return ended;
}

/** From the log itself, since listings may be of a later time than it. */
async function* registeredClients({ store }: Platform["context"]): AsyncGenerator<string> {
  for (let after = "0"; ;) {
    const events = await store.readAll(after, PAGE, { types: ["ClientRegistered"] });
    for (const { stream } of events) yield stream.slice("client-".length);
    const last = events.at(-1);
    if (last === undefined) return;
    after = last.position;
  }
}
