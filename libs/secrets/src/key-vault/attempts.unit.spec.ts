import { describe, expect, it } from "vitest";
import { SecretStoreUnavailable } from "../errors.ts";
import { attempt } from "./attempts.ts";

describe("tries at the vault whose time ends in the midst of one", () => {
  /** Hangs until it is told to stop, as the SDK does. */
  const hang = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(Object.assign(new Error("aborted"), { name: "AbortError" })));
    });
  const busy = Object.assign(new Error("busy"), { statusCode: 503, code: "ServiceUnavailable" });

  it("tell what the vault said before", async () => {
    let tries = 0;
    const work = (signal: AbortSignal): Promise<never> => (++tries === 1 ? Promise.reject(busy) : hang(signal));
    await expect(attempt(work, { budgetMs: 2_000, random: () => 0 })).rejects.toThrow("the vault answered 503 (ServiceUnavailable)");
    expect(tries).toBe(2);
  });

  it("tell that there was no answer where there never was one", async () => {
    const ended = attempt(hang, { budgetMs: 50 });
    await expect(ended).rejects.toThrow(SecretStoreUnavailable);
    await expect(ended).rejects.toThrow("no answer in time");
  });
});
