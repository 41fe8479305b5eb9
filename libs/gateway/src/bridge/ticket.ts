import type { Seals } from "@grantline/keys";

/** How one instance proves to another's bridge that a request is a gateway's, and whose it is. */
export interface Ticket {
  readonly server: string;
  readonly user: string;
  /** Epoch seconds. */
  readonly until: number;
}

const PURPOSE = "gateway-bridge";

export function issueTicket(seals: Seals, ticket: Ticket): string {
  return seals.seal(PURPOSE, ticket);
}

export function readTicket(seals: Seals, sealed: unknown, now: number): Ticket | undefined {
  const ticket = typeof sealed === "string" ? seals.open<Ticket>(PURPOSE, sealed) : undefined;
  return ticket !== undefined && ticket.until > now ? ticket : undefined;
}
