import { bridgeDecider, bridgeEvents, type BridgeEvent, type BridgeState } from "@grantline/domain/bridge";
import type { Recorded } from "@grantline/domain/kernel";
import type { ReadEvent } from "@grantline/event-store";
import type { Projection, RowDraft } from "../projection.ts";

/** A registration through the bridge as its stream says it is, without the hashes of what the client authenticates with. */
export interface BridgeRow {
  readonly bridgeId: string;
  readonly state: Exclude<BridgeState, { status: "none" }>;
}

/** Registrations through the bridge, by status, and those somebody has to go on with. */
export const bridgesProjection: Projection = {
  name: "bridges",
  version: 1,
  streams: ["bridge"],
  definitions: bridgeEvents,
  rows: "stream",
  fold(previous, event, id) {
    const before = (previous as BridgeRow | undefined)?.state ?? bridgeDecider.initial;
    const state = bridgeDecider.evolve(before, withoutHashes((event as ReadEvent<BridgeEvent>).event));
    return state === before || state.status === "none" ? undefined : toDraft(id, state);
  },
};

function withoutHashes(event: Recorded<BridgeEvent>): Recorded<BridgeEvent> {
  if (event.type !== "RegistrationRequested" && event.type !== "RegistrationChanged") return event;
  const { clientSecretHash: _secret, registrationTokenHash: _token, ...data } = event.data;
  return { ...event, data } as Recorded<BridgeEvent>;
}

function toDraft(bridgeId: string, state: BridgeRow["state"]): RowDraft {
  const value: BridgeRow = { bridgeId, state };
  return { value, columns: { status: state.status, ...(isUnfinished(state) ? { unfinished: "yes" } : {}) } };
}

/** Something was begun and must be brought to an end. What time brings (rotation, clean-up) is not meant. */
function isUnfinished(state: BridgeRow["state"]): boolean {
  if (state.status !== "active") return state.status !== "gone";
  return state.application?.documentHash !== state.documentHash || state.keys.some(({ stored }) => !stored);
}
