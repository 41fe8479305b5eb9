import type { DomainEvent } from "../kernel/index.ts";

/** Stream `login-{keyed hash of iss, sub}`: finds the subject at login without an index. After an erasure the next login links a new one. */
export type SubjectLinked = DomainEvent<"SubjectLinked", { readonly subject: string }>;
export type LoginEvent = SubjectLinked;
export type LoginState = { readonly status: "none" } | { readonly status: "linked"; readonly subject: string };
export type LoginCommand = { readonly kind: "link"; readonly now: number; readonly subject: string; readonly replaces?: string };
export type LoginOutcome =
  | { readonly kind: "linked"; readonly subject: string }
  /** Another login of the same person came first: use its subject. */
  | { readonly kind: "existing"; readonly subject: string };
