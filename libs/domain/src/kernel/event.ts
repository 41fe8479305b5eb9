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
}

/** Everything the catalogue, the fixtures and the readers need to know of one event type. */
export interface EventDefinition<Data extends object = object> {
  readonly version: number;
  readonly about: string;
  /** May a reader that does not know this type skip it? Only when it changes nobody's rights (P11). */
  readonly ignorable: boolean;
  readonly fields: { readonly [K in keyof Required<Data>]: FieldDefinition };
  /** Lifts data written by version `v` (key) to version `v + 1`. */
  readonly upcasters?: Readonly<Record<number, (data: Record<string, unknown>) => Record<string, unknown>>>;
}

/** One list of events per stream: types, fold, filter and docs derive from this map. */
export type EventDefinitions<E extends DomainEvent> = {
  readonly [T in E["type"]]: EventDefinition<Extract<E, { type: T }>["data"]>;
};
