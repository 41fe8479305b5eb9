/** Who acts: a person, a program of its own, or a program that acts for people. Carried in tokens as `entity`. */
export type EntityKind = "human" | "service" | "agent";

/** How a client came to us; access policies may ask for a level. `operator` is a client an operator made. */
export type VerificationLevel = "operator" | "cimd" | "dcr";

/**
 * The generations something was made under. A broad revocation raises one of them, and everything recorded
 * under a lower one is dead (P5).
 */
export interface Generations {
  readonly client: number;
  readonly subject: number;
  readonly consent: number;
  /** By resource id. */
  readonly resources: Readonly<Record<string, number>>;
}

/** The world as a command meets it: current generations, and who is barred. Read from the other streams. */
export interface Standing {
  readonly generations: Generations;
  readonly clientActive: boolean;
  readonly subjectActive: boolean;
  /** False once the login session the grant was made in has ended. */
  readonly sessionActive: boolean;
}

/** P14: `grantline:*` scopes are never had through DCR, CIMD or consent alone. */
export function isAdminScope(scope: string): boolean {
  return scope.startsWith("grantline:");
}
