import type { UpstreamContext } from "../context.ts";

/** A way to connect, sealed into its own URL, so that no instance keeps anything. It is redeemed once: by `attempt`, in the connection's stream. */
export interface Ticket {
  readonly attempt: string;
  readonly user: string;
  readonly server: string;
  readonly scopes: readonly string[];
  readonly exp: number;
}

/** What a provider is handed as `state`. Made once the person has said yes; good in that person's browser alone. */
export interface Confirmed extends Ticket {
  readonly browser: string;
  /** PKCE. Sealed, so the provider learns nothing of it. */
  readonly verifier: string;
  /** What the person was sent with: an answer is judged by what was asked, not by what is set now. */
  readonly issuer: string;
  readonly clientId: string;
  readonly target: string;
}

type Parts = Pick<UpstreamContext, "seals">;

/** Seconds from beginning to the callback (MCP security best practices, confused deputy). */
export const TICKET_SECONDS = 600;

export function sealTicket({ seals }: Parts, ticket: Ticket): string {
  return seals.seal("upstream-ticket", ticket);
}

export function openTicket({ seals }: Parts, sealed: string): Ticket | undefined {
  return seals.open<Ticket>("upstream-ticket", sealed);
}

export function sealState({ seals }: Parts, state: Confirmed): string {
  return seals.seal("upstream-state", state);
}

export function openState({ seals }: Parts, sealed: string): Confirmed | undefined {
  return seals.open<Confirmed>("upstream-state", sealed);
}

/** What the form token of the confirming page is bound to: the attempt, and what the page said is asked for. */
export function formOf({ attempt, scopes }: Ticket): string {
  return `connect:${attempt}:${scopes.join(" ")}`;
}
