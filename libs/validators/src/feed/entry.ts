import type { Revocation } from "@grantline/domain/revocations";
import type { Position } from "@grantline/event-store";

/** What validators are told of one revocation. Why it was is not theirs to know. */
export interface FeedEntry extends Omit<Revocation, "reason"> {
  readonly position: Position;
}

/** Who is told: everybody who may hold such tokens, or the resources with these ids. */
export type Audience = "everybody" | readonly string[];

export interface Told {
  readonly entry: FeedEntry;
  readonly audience: Audience;
}

/** What a subscriber follows: the resources with these ids, or (an admin) everything. */
export type Follows = "everything" | readonly string[];

export function concerns({ audience }: Told, follows: Follows): boolean {
  return audience === "everybody" || follows === "everything" || audience.some((id) => follows.includes(id));
}
