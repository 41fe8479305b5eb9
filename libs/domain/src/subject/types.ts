import type { DomainEvent } from "../kernel/index.ts";

/** `claims` is sealed JSON: name, preferred_username, email, groups … under the subject's own key (P9). */
export type SubjectSeen = DomainEvent<
  "SubjectSeen",
  { readonly subject: string; readonly claims: string; readonly groups: readonly string[] }
>;
export type SubjectDisabled = DomainEvent<"SubjectDisabled", { readonly reason: string; readonly generation: number }>;
export type SubjectEnabled = DomainEvent<"SubjectEnabled", Record<never, never>>;
/** `of: subject` revokes everything of the person; `of: session` ends one login session. */
export type GenerationRaised = DomainEvent<
  "GenerationRaised",
  { readonly of: "subject" | "session"; readonly generation: number; readonly sessionId?: string; readonly reason: string }
>;
export type SubjectErased = DomainEvent<"SubjectErased", { readonly generation: number }>;
export type SubjectEvent = SubjectSeen | SubjectDisabled | SubjectEnabled | GenerationRaised | SubjectErased;

export interface KnownSubject {
  readonly subject: string;
  readonly claims: string;
  readonly groups: readonly string[];
  readonly generation: number;
  /** Ended session ids, all of this generation: grants made in a session may outlive it by far, and must stay dead (P5). */
  readonly endedSessions: readonly string[];
}
export type SubjectState =
  | { readonly status: "none" }
  | ({ readonly status: "active" } & KnownSubject)
  | ({ readonly status: "disabled"; readonly reason: string } & KnownSubject)
  | { readonly status: "erased"; readonly subject: string; readonly generation: number };

export type SubjectCommand =
  /** First login creates, later ones append only when claims or groups changed (`changed`). */
  | {
      readonly kind: "see";
      readonly now: number;
      readonly subject: string;
      readonly claims: string;
      readonly groups: readonly string[];
      readonly changed: boolean;
    }
  | { readonly kind: "disable"; readonly now: number; readonly reason: string }
  | { readonly kind: "enable"; readonly now: number }
  | { readonly kind: "revoke-all"; readonly now: number; readonly reason: string }
  | { readonly kind: "end-session"; readonly now: number; readonly sessionId: string; readonly reason: string }
  | { readonly kind: "erase"; readonly now: number };
export type SubjectOutcome =
  | { readonly kind: "done"; readonly generation: number }
  | { readonly kind: "unchanged" }
  | { readonly kind: "refused"; readonly reason: "subject-unknown" | "subject-erased" | "subject-disabled" };
