import { expect, it } from "vitest";
import { createClosing } from "./closing.ts";

it("closes in the opposite order, all of it although one fails, tells that failure, and closes nothing twice", async () => {
  const closed: string[] = [];
  const part = (name: string) => ({ close: () => void closed.push(name) });
  const closing = createClosing();
  expect(closing.opened(part("first"))).toBeTruthy();
  closing.later(() => Promise.reject(new Error("stuck")));
  closing.opened(part("last"));
  await expect(closing.closeAll()).rejects.toThrow("stuck");
  expect(closed).toEqual(["last", "first"]);
  await closing.closeAll();
  expect(closed).toEqual(["last", "first"]);
});
