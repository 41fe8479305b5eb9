import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runKeysContract } from "../contract/index.ts";
import { allBytes, TEST_KEK } from "./key-folder.fixture.ts";
import { openKeyFolder } from "./open-key-folder.ts";

// Real: SQLite files, OpenSSL. Fake: the clock.
runKeysContract("a folder", async () => {
  const dir = mkdtempSync(join(tmpdir(), "grantline-keys-"));
  return {
    open: (options) => openKeyFolder({ dir, kek: TEST_KEK, ...options }),
    stolen: async () => allBytes(dir),
    remove: async () => rmSync(dir, { recursive: true, force: true }),
  };
});
