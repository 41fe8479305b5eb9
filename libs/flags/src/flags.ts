import { defaultSetting, evaluateFlag, KNOWN_FLAGS, type FlagName, type FlagSetting, type FlagState } from "@grantline/domain/flag";
import type { Loaded } from "@grantline/event-store";
import { bucketOf } from "./bucket.ts";
import type { Flags, FlagsOptions } from "./flags.port.ts";

/** Together with the look at the store's news (four times a second, region/following.ts) well under the second a kill switch may take. */
const LOOK_EVERY_MS = 100;
const NAMES = Object.keys(KNOWN_FLAGS) as FlagName[];

interface Known {
  readonly setting: FlagSetting;
  readonly revision: number;
}

/**
 * Flags as this process knows them. The stream runtime's cache is exact across processes; what it has dropped, because somebody changed it, is read anew at once, by
 * the next look or the next question, whichever comes first. Until that is here the former value holds, and when the store is gone it goes on to hold (P7).
 */
export function createFlags({ flags, log, lookEveryMs = LOOK_EVERY_MS }: FlagsOptions): Flags {
  const known = new Map<FlagName, Known>(NAMES.map((name) => [name, { setting: defaultSetting(name), revision: -1 }]));
  const reading = new Map<FlagName, Promise<void>>();
  const listeners = new Set<(flag: FlagName) => void>();
  let failing = false;

  const keep = (name: FlagName, { state, revision }: Loaded<FlagState>): void => {
    const before = known.get(name) as Known;
    if (revision <= before.revision) return;
    known.set(name, { setting: state.status === "set" ? state.setting : defaultSetting(name), revision });
    for (const tell of listeners) tell(name);
  };

  /** One reading of a flag at a time: whoever asks while one is on its way waits for it. */
  const read = (name: FlagName): Promise<void> => {
    const underWay = reading.get(name);
    if (underWay !== undefined) return underWay;
    const begun = flags
      .load(name)
      .then((loaded) => keep(name, loaded))
      .finally(() => reading.delete(name));
    reading.set(name, begun);
    return begun;
  };

  const readOrTell = async (name: FlagName): Promise<void> => {
    try {
      await read(name);
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ err: error, flag: name }, "a flag can't be read; what was last known of it holds");
      failing = true;
    }
  };

  const look = (name: FlagName): Promise<void> | undefined => {
    const loaded = flags.loadCached(name);
    if (loaded === undefined) return readOrTell(name);
    keep(name, loaded);
    return undefined;
  };

  const timer = setInterval(() => {
    for (const name of NAMES) void look(name);
  }, lookEveryMs).unref();

  const evaluate: Flags["evaluate"] = (name, about = {}) => {
    void look(name);
    return evaluateFlag((known.get(name) as Known).setting, about, (unit) => bucketOf(name, unit));
  };

  return {
    evaluate,
    enabled: (name, about) => evaluate(name, about).on,
    onChanged(tell) {
      listeners.add(tell);
      return () => void listeners.delete(tell);
    },
    refresh: async () => void (await Promise.all(NAMES.map(read))),
    async close() {
      clearInterval(timer);
      await Promise.allSettled(reading.values());
    },
  };
}
