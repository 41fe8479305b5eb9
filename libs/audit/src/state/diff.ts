import type { StateView } from "./view.ts";
import type { AccessEntry } from "./entries.ts";

/** What changed of one kind of thing between two moments. */
export interface Changes<T> {
  readonly added: readonly T[];
  readonly removed: readonly T[];
  readonly changed: readonly { readonly before: T; readonly after: T }[];
}

export interface StateDiff {
  readonly from: { readonly position: string; readonly time: string };
  readonly to: { readonly position: string; readonly time: string };
  /** Added: could call at the later moment and not at the earlier. Removed: the other way round, with why and by which events. */
  readonly access: Changes<AccessEntry>;
  readonly consents: Changes<StateView["consents"][number]>;
  readonly clients: Changes<StateView["clients"][number]>;
  readonly resources: Changes<StateView["resources"][number]>;
  readonly subjects: Changes<StateView["subjects"][number]>;
}

/** Both views must show what has ended too. */
export function diffOf(before: StateView, after: StateView): StateDiff {
  return {
    from: { position: before.position, time: before.time },
    to: { position: after.position, time: after.time },
    access: accessChanges(before.access, after.access),
    consents: changes(before.consents, after.consents, ({ subject, client }) => JSON.stringify([subject, client])),
    clients: changes(before.clients, after.clients, ({ id }) => id),
    resources: changes(before.resources, after.resources, ({ id }) => id),
    subjects: changes(before.subjects, after.subjects, ({ id }) => id),
  };
}

function accessChanges(before: readonly AccessEntry[], after: readonly AccessEntry[]): Changes<AccessEntry> {
  const now = new Map(after.map((entry) => [entry.id, entry]));
  const was = new Map(before.map((entry) => [entry.id, entry]));
  const could = (entry: AccessEntry | undefined): boolean => entry?.could === true;
  return {
    added: after.filter((entry) => entry.could && !could(was.get(entry.id))),
    // shown as it is now, which says why; a token that has expired is not held any more
    removed: before
      .filter((entry) => entry.could && !could(now.get(entry.id)))
      .map((entry) => now.get(entry.id) ?? { ...entry, could: false, why: "expired" }),
    changed: [],
  };
}

function changes<T>(before: readonly T[], after: readonly T[], keyOf: (one: T) => string): Changes<T> {
  const was = new Map(before.map((one) => [keyOf(one), one]));
  const is = new Map(after.map((one) => [keyOf(one), one]));
  const same = (one: T, other: T): boolean => JSON.stringify(one) === JSON.stringify(other);
  return {
    added: after.filter((one) => !was.has(keyOf(one))),
    removed: before.filter((one) => !is.has(keyOf(one))),
    changed: after.flatMap((one) => {
      const former = was.get(keyOf(one));
      return former === undefined || same(former, one) ? [] : [{ before: former, after: one }];
    }),
  };
}
