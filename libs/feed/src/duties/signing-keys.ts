import type { LeasedDuty } from "./leased-duties.ts";

const EVERY_SECONDS = 60;

/** Makes, publishes, activates, retires and removes signing keys as they come due. Processes that only sign follow the keyring. */
export function signingKeysDuty(keyring: { tick(): Promise<void> }, everySeconds = EVERY_SECONDS): LeasedDuty {
  return {
    name: "signing-keys",
    everySeconds,
    firstAfterSeconds: 0,
    async run() {
      await keyring.tick();
      return 1;
    },
  };
}
