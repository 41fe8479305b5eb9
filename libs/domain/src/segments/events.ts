import type { EventDefinition, EventDefinitions } from "../kernel/index.ts";
import type { SegmentRange, SegmentsEvent } from "./types.ts";

const range: EventDefinition<SegmentRange>["fields"] = {
  day: { kind: "public", about: "UTC day, yyyy-mm-dd." },
  first: { kind: "public", about: "Index of its first leaf in the tree." },
  end: { kind: "public", about: "Index of the first leaf after it." },
  upTo: { kind: "public", about: "Position of its last event." },
  root: { kind: "hash", about: "Merkle root over exactly these leaves." },
};
const days = {
  fromDay: { kind: "public", about: "First UTC day it protects." },
  untilDay: { kind: "public", about: "Last UTC day it protects." },
} as const;

/** Stream `segments-{region}`: the closed days of the log, what may not be dropped of it, and the key that signs its tree (P10, P13). */
export const segmentsEvents: EventDefinitions<SegmentsEvent> = {
  CheckpointKeyCreated: {
    version: 1,
    about: "A key pair that signs checkpoints was made; the private part stays wrapped in the vault.",
    ignorable: false,
    fields: {
      kid: { kind: "hash", about: "Its name in the vault: the thumbprint of the public part." },
      vkey: { kind: "public", about: "Public part, as a C2SP verifier key." },
    },
  },
  SegmentClosed: {
    version: 1,
    about: "A day of the log is complete.",
    ignorable: false,
    fields: { ...range, note: { kind: "public", about: "Its root, signed: a C2SP signed note." } },
  },
  SegmentDropped: {
    version: 2,
    about: "A day past its retention was archived, and the store may forget the streams that had ended.",
    ignorable: false,
    fields: {
      ...range,
      archive: { kind: "hash", about: "SHA-256 of the manifest of the archive." },
      gone: { kind: "public", about: "Which of its leaves: run lengths of kept and gone, by turns, packed." },
      count: { kind: "public", about: "How many of its events." },
      note: { kind: "public", about: "All of it, signed: a C2SP signed note." },
    },
    // Version 1 did not say which rows, and no store forgot any
    upcasters: { 1: (data) => ({ ...data, gone: "", count: 0, note: "" }) },
  },
  LegalHoldPlaced: {
    version: 1,
    about: "Nothing of these days may be dropped.",
    ignorable: false,
    fields: {
      hold: { kind: "id", about: "Id of the hold." },
      ...days,
      reason: { kind: "public", about: "Why, in an operator's words." },
    },
  },
  LegalHoldLifted: {
    version: 1,
    about: "A legal hold ended.",
    ignorable: false,
    fields: { hold: { kind: "id", about: "Id of the hold." }, reason: { kind: "public", about: "Why, in an operator's words." } },
  },
};
