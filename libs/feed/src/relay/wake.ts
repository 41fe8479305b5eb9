import type { EventStore } from "@grantline/event-store";

/** Waits until the store says that something came, or for so long, or until the signal. A wake-up between two waits is not lost. */
export function createWake(store: Pick<EventStore, "onAppended">, signal: AbortSignal) {
  let woken = false;
  let wake: () => void = () => undefined;
  const hear = (): void => {
    woken = true;
    wake();
  };
  const end = store.onAppended?.(hear);
  signal.addEventListener("abort", hear);
  return {
    async wait(ms: number): Promise<void> {
      if (!woken && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      woken = false;
    },
    close(): void {
      end?.();
      signal.removeEventListener("abort", hear);
    },
  };
}
