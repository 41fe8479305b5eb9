/** A flag as the admin API shows it. */
export interface Flag extends Setting {
  readonly name: string;
  readonly about: string;
  readonly set: boolean;
  readonly changes: number;
  readonly reason?: string;
  readonly history?: readonly Change[];
}

export interface Setting {
  readonly enabled: boolean;
  readonly rollout: number;
  readonly providers: Readonly<Record<string, number>>;
  readonly clients: { readonly on: readonly string[]; readonly off: readonly string[] };
}

export interface Change extends Setting {
  readonly at: string;
  readonly by: string;
  readonly reason: string;
}

export interface SetOptions {
  readonly on?: boolean;
  readonly off?: boolean;
  readonly rollout?: number;
  /** "same" takes the provider's own percentage away. */
  readonly provider: Readonly<Record<string, number | "same">>;
  readonly client: Readonly<Record<string, string>>;
}

/** The whole setting to send: what holds, changed by what was asked for. */
export function settingAfter({ enabled, rollout, providers, clients }: Setting, options: SetOptions): Setting {
  const named = new Set(Object.keys(options.client));
  const kept = (ids: readonly string[]): readonly string[] => ids.filter((id) => !named.has(id));
  const as = (place: string): readonly string[] => [...named].filter((id) => options.client[id] === place);
  return {
    enabled: options.off === true ? false : options.on === true ? true : enabled,
    rollout: options.rollout ?? rollout,
    providers: Object.fromEntries(
      Object.entries({ ...providers, ...options.provider }).filter((entry): entry is [string, number] => entry[1] !== "same"),
    ),
    clients: { on: [...kept(clients.on), ...as("on")], off: [...kept(clients.off), ...as("off")] },
  };
}
