import type { AuditEvent } from "../replay/audit-event.ts";

/** A part of the bundle: which events stand in it, and the question it answers. */
export interface Section {
  readonly file: string;
  readonly answers: string;
  readonly holds: (event: AuditEvent) => boolean;
}

const types = (...names: readonly string[]) => {
  const wanted = new Set(names);
  return ({ stored }: AuditEvent): boolean => wanted.has(stored.type);
};
const ADMINISTERED: ReadonlySet<string> = new Set(["client", "resource", "subject", "keyring", "segments", "flag"]);
/** A person's own doings on their streams are no administration. */
const OWN_DOINGS: ReadonlySet<string> = new Set(["SubjectSeen"]);

export const SECTIONS: readonly Section[] = [
  {
    file: "key-rotations.jsonl",
    answers: "Signing keys: made, put to use, retired, removed, compromised.",
    holds: ({ word }) => word === "keyring",
  },
  {
    file: "failed-attempts.jsonl",
    answers: "Logins and clients that were turned away, and requests refused, counted per minute.",
    holds: ({ word, stored }) => word === "security" || stored.type === "GrantDenied",
  },
  {
    file: "theft-noticed.jsonl",
    answers: "Codes and refresh tokens that came back after their use, and compromised keys.",
    holds: types("CodeReplayDetected", "RefreshReuseDetected", "SigningKeyCompromised"),
  },
  {
    file: "admin-changes.jsonl",
    answers: "Everything operators and the system changed of clients, resources, people and keys.",
    holds: ({ word, stored, read }) =>
      ADMINISTERED.has(word) && !OWN_DOINGS.has(stored.type) && (read.meta.actor.kind === "operator" || read.meta.actor.kind === "system"),
  },
  { file: "consents.jsonl", answers: "Consents given, narrowed and withdrawn.", holds: ({ word }) => word === "consent" },
  { file: "erasures.jsonl", answers: "People whose key was destroyed.", holds: types("SubjectErased") },
  { file: "audit-reads.jsonl", answers: "Who read the audit log, and what they asked.", holds: ({ word }) => word === "audit" },
];
