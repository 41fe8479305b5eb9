import type { ReadEvent } from "@grantline/event-store";
import { receiverDecider, receiverEvents, type ReceiverEvent, type ReceiverState } from "@grantline/domain/receiver";
import type { Projection } from "../projection.ts";

/** Which receivers there are; what holds of one is in its stream. */
export interface ReceiverRow {
  /** Id of the domain's stream. */
  readonly receiver: string;
  readonly state: ReceiverState;
}

/** Receivers by whether they have a stream, and how it is delivered. */
export const receiversProjection: Projection = {
  name: "receivers",
  version: 1,
  streams: ["receiver"],
  definitions: receiverEvents,
  rows: "stream",
  fold(previous, event, id) {
    const before = (previous as ReceiverRow | undefined)?.state ?? receiverDecider.initial;
    const state = receiverDecider.evolve(before, (event as ReadEvent<ReceiverEvent>).event);
    if (state === before) return undefined;
    const columns = state.kind === "none" ? { status: "none" } : { status: "active", method: state.method };
    return { value: { receiver: id, state } satisfies ReceiverRow, columns };
  },
};
