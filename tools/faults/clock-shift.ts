import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LIBRARY = ["/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1"].find(
  (path) => existsSync(path),
);

/** Wall clock of one process that can be set while it runs. Its timers, which go by the monotonic clock, stay right, as on a machine whose time is set. */
export interface ClockShift {
  readonly env: Readonly<Record<string, string>>;
  set(seconds: number): void;
  remove(): void;
}

/** Undefined without libfaketime (Debian: faketime): skip by name. */
export function clockShift(): ClockShift | undefined {
  if (LIBRARY === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "grantline-clock-"));
  const file = join(folder, "offset");
  const set = (seconds: number): void => writeFileSync(file, `${seconds < 0 ? "" : "+"}${seconds}s\n`);
  set(0);
  return {
    env: {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      FAKETIME_CACHE_DURATION: "1",
      FAKETIME_NO_CACHE: "0",
    },
    set,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
