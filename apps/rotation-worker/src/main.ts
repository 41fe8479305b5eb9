import { startRotation } from "@grantline/platform";
import { runService } from "@grantline/service";

/** Signing keys, warnings, clean-up. Two instances or more: one works at each duty, another takes over. */
runService({
  name: "rotation-worker",
  open: async (parts) => {
    // The very first instance of all makes the keys nobody can start without; of several at once the first append wins.
    await parts.platform.context.keyring.tick();
    const rotation = startRotation({ ...parts, log: parts.instruments.log });
    return { endpoints: [], close: rotation.close };
  },
});
