import { describe, expect, it } from "vitest";
import { createBarrier } from "./barrier.ts";

/** A run that ends when told to, and how many there were. */
function runs() {
  const open: { resolve(): void; reject(error: Error): void }[] = [];
  let begun = 0;
  const barrier = createBarrier(() => {
    begun++;
    return new Promise((resolve, reject) => open.push({ resolve, reject }));
  });
  return { barrier, open, begun: () => begun };
}

describe("a barrier", () => {
  it("lets hundreds of callers share two runs: the one under way, and one begun after they called", async () => {
    const { barrier, open, begun } = runs();
    const first = barrier();
    const later = Array.from({ length: 500 }, () => barrier());
    expect(begun()).toBe(1);
    open[0]!.resolve();
    await first;
    await expect.poll(begun).toBe(2);
    open[1]!.resolve();
    await Promise.all(later);
    expect(begun()).toBe(2);
  });

  it("gives a caller the result of a run that began after the call, whatever became of the one before", async () => {
    const { barrier, open, begun } = runs();
    const first = barrier();
    const second = barrier();
    open[0]!.reject(new Error("gone"));
    await expect(first).rejects.toThrow("gone");
    await expect.poll(begun).toBe(2);
    open[1]!.resolve();
    await expect(second).resolves.toBeUndefined();
  });

  it("runs again for a caller that comes when all is done", async () => {
    const { barrier, open, begun } = runs();
    for (const n of [0, 1, 2]) {
      const run = barrier();
      open[n]!.resolve();
      await run;
    }
    expect(begun()).toBe(3);
  });
});
