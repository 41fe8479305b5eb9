import { SecretStoreUnavailable } from "../errors.ts";
import type { SecretStore, StoreHealth } from "../port.ts";

export interface GuardOptions {
  /** First wait after a failure, doubled with each further one up to `longestWaitMs`. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly onTrouble: (what: string) => void;
}

/** A store that is left alone for a while after it has failed, and tried again by one caller when that is over. */
export interface GuardedStore {
  readonly store: SecretStore;
  /** Runs a call. @throws SecretStoreUnavailable, without asking the store, while it is left alone */
  call<T>(work: (store: SecretStore) => Promise<T>): Promise<T>;
  health(): Promise<readonly StoreHealth[]>;
}

export function guard(store: SecretStore, { firstWaitMs, longestWaitMs, nowMs, random, onTrouble }: GuardOptions): GuardedStore {
  let failures = 0;
  let retryAtMs = 0;
  let lastTrouble = "";

  function failed(error: SecretStoreUnavailable): void {
    const ownMs = Math.min(longestWaitMs, firstWaitMs * 2 ** failures) * (0.5 + random() / 2);
    failures += 1;
    retryAtMs = nowMs() + Math.min(longestWaitMs, Math.max(ownMs, error.retryAfterMs ?? 0));
    if (failures === 1) onTrouble(`${error.message}; it is passed over and tried again`);
    lastTrouble = error.message;
  }

  function recovered(): void {
    if (failures > 0) onTrouble(`${store.name}: answers again`);
    failures = 0;
  }

  return {
    store,
    async call(work) {
      if (failures > 0) {
        if (nowMs() < retryAtMs)
          throw new SecretStoreUnavailable(store.name, "it failed a moment ago and is left alone", retryAtMs - nowMs());
        // whoever comes while this one tries need not wait for the same
        retryAtMs = nowMs() + firstWaitMs;
      }
      try {
        const answer = await work(store);
        recovered();
        return answer;
      } catch (error) {
        // any other refusal is an answer
        if (error instanceof SecretStoreUnavailable) failed(error);
        else recovered();
        throw error;
      }
    },
    async health() {
      if (failures > 0 && nowMs() < retryAtMs)
        return [
          {
            store: store.name,
            status: "degraded",
            writable: store.writable,
            detail: lastTrouble,
            retryAtMs: Date.now() + retryAtMs - nowMs(),
          },
        ];
      const found = await store.health();
      const degraded = found.find(({ status }) => status === "degraded");
      if (degraded === undefined) recovered();
      else failed(new SecretStoreUnavailable(store.name, (degraded.detail ?? "degraded").replace(`${store.name}: `, "")));
      return found;
    },
  };
}
