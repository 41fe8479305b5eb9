import type { EventDefinition, EventDefinitions } from "../kernel/index.ts";
import type { ReceiverEvent, SignalStreamUpdated } from "./types.ts";

const settings: EventDefinition<SignalStreamUpdated["data"]>["fields"] = {
  method: { kind: "public", about: "push or poll." },
  url: { kind: "public", about: "Where pushes go.", optional: true },
  authorization: { kind: "sealed", about: "Authorization header of pushes, under the stream's own key.", optional: true },
  events: { kind: "public", about: "Kinds of signals the receiver wants." },
  description: { kind: "public", about: "What the receiver calls it.", optional: true },
};
const streamId = { kind: "id", about: "The event stream of the receiver, by a random id." } as const;

/** Stream `receiver-{client}`: the one event stream (Shared Signals Framework) of a receiver. */
export const receiverEvents: EventDefinitions<ReceiverEvent> = {
  SignalStreamCreated: {
    version: 1,
    about: "A receiver asked for signals.",
    ignorable: true,
    fields: { streamId, clientId: { kind: "id", about: "The receiver's client." }, ...settings },
  },
  SignalStreamUpdated: { version: 1, about: "A receiver changed what it wants, or where.", ignorable: true, fields: settings },
  SignalStreamStatusChanged: {
    version: 1,
    about: "A stream was enabled, paused or disabled.",
    ignorable: true,
    fields: {
      status: { kind: "public", about: "enabled, paused or disabled." },
      reason: { kind: "public", about: "Why, in the receiver's words.", optional: true },
    },
  },
  SignalVerificationRequested: {
    version: 1,
    about: "A receiver wants to see that its stream works.",
    ignorable: true,
    fields: { streamId, state: { kind: "public", about: "Comes back in the verification event.", optional: true } },
  },
  SignalStreamDeleted: { version: 1, about: "A receiver wants no more signals.", ignorable: true, fields: { streamId } },
};
