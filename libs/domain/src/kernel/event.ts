/** An event as a decider makes it: a small past fact. Ids and hashes, never a secret, never clear personal data (P9). */
export interface DomainEvent<Type extends string = string, Data extends object = object> {
  readonly type: Type;
  readonly data: Data;
}

/** An event as `evolve` sees it: with the time it was recorded (epoch seconds) and the version its data has. */
export type Recorded<E extends DomainEvent> = E & { readonly at: number; readonly version?: number };

/**
 * What a field of an event may hold. `sealed` is ciphertext under a key of its subject (P9); `hash` a digest of a secret;
 * `id` a random identifier; `public` anything anybody may read.
 */
export type FieldKind = "id" | "hash" | "public" | "sealed";

export interface FieldDefinition {
  readonly kind: FieldKind;
  readonly about: string;
  /** The field may be absent. Derived from the event's type: the compiler demands it of optional fields and forbids it for others. */
  readonly optional?: true;
}

/** What the definition of field `K` must say, so that the catalogue cannot call a required field optional. */
type FieldOf<Data, K extends keyof Data> = FieldDefinition &
  (Record<never, never> extends Pick<Data, K> ? { readonly optional: true } : { readonly optional?: never });

/** Everything the catalogue, the fixtures and the readers need to know of one event type. */
export interface EventDefinition<Data extends object = object> {
  readonly version: number;
  readonly about: string;
  /** May a reader that does not know this type skip it? Only when it changes nobody's rights (P11). */
  readonly ignorable: boolean;
  readonly fields: { readonly [K in keyof Data]-?: FieldOf<Data, K> };
  /** Lifts data written by version `v` (key) to version `v + 1`. */
  readonly upcasters?: Readonly<Record<number, (data: Record<string, unknown>) => Record<string, unknown>>>;
}

/** One list of events per stream: types, fold, filter and docs derive from this map. */
export type EventDefinitions<E extends DomainEvent> = {
  readonly [T in E["type"]]: EventDefinition<Extract<E, { type: T }>["data"]>;
};

/** A definition whose event type is no longer known: what catalogue, docs and readers walk over. */
export type AnyEventDefinition = Omit<EventDefinition, "fields"> & { readonly fields: Readonly<Record<string, FieldDefinition>> };
export type AnyEventDefinitions = Readonly<Record<string, AnyEventDefinition>>;
