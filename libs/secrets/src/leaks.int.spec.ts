// Real: every store of this package, its errors and what it tells operators, the files it leaves. Stand-ins: the vault, `docker pass`.
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { secretScan } from "@grantline/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clock, KEK, NEW_KEK, newFolder } from "./fixtures/folder.ts";
import { startVault } from "./fixtures/key-vault.ts";
import {
  createSecretHierarchy,
  dockerDesktopStore,
  dockerFilesStore,
  environmentStore,
  exportSecrets,
  importSecrets,
  openEncryptedFileStore,
  rewrapSecrets,
} from "./index.ts";

const NAME = "oauth/github/my-server/access-token";
const OTHER = "oauth/github/my-server/refresh-token";

describe("secrets", () => {
  let folder: ReturnType<typeof newFolder>;
  let vault: Awaited<ReturnType<typeof startVault>>;
  beforeEach(async () => {
    folder = newFolder();
    vault = await startVault();
  });
  afterEach(async () => {
    await vault.standIn.close();
    folder.remove();
  });

  it("are in no error, notice, listing, health report, audit line or encrypted file, whatever goes wrong", async () => {
    const value = `gho_${randomBytes(24).toString("base64url")}`;
    const secrets = new Map([
      [value, "value"],
      ["correct horse battery staple", "passphrase"],
      [vault.standIn.client.clientSecret, "client secret"],
      [KEK.key.toString("base64"), "kek"],
    ]);
    const texts: string[] = [];
    const note = (what: unknown): void =>
      void texts.push(inspect(what, { depth: 10, showHidden: true }), String(what), what instanceof Error ? String(what.stack) : "");
    const tried = async (work: () => Promise<unknown>): Promise<void> => note(await work().catch((error: unknown) => error));

    const tool = join(folder.dir, "docker");
    writeFileSync(tool, `#!/bin/sh\nexec sh "${join(import.meta.dirname, "docker", "stand-in", "docker-pass.sh")}" "$@"\n`);
    chmodSync(tool, 0o700);
    mkdirSync(join(folder.dir, "entries"));
    mkdirSync(join(folder.dir, "encrypted"));
    const variables = {
      PATH: process.env["PATH"],
      STAND_IN_ENTRIES: join(folder.dir, "entries"),
      STAND_IN_CALLS: join(folder.dir, "calls"),
    };
    const file = await openEncryptedFileStore({ dir: join(folder.dir, "encrypted"), kek: KEK, clock });
    const keyVault = vault.open({ budgetMs: 400 });
    const stores = [
      keyVault,
      dockerFilesStore({ dir: folder.dir, writable: true, clock }),
      dockerDesktopStore({ tool, env: { ...variables, STAND_IN_MODE: "broken" }, clock }),
      dockerDesktopStore({ tool, env: variables, clock }),
      environmentStore({ OAUTH__GITHUB__MY_SERVER__ACCESS_TOKEN: value }),
      file,
    ];
    for (const store of [...stores, ...stores.map((one) => createSecretHierarchy({ stores: [one], onTrouble: note, firstWaitMs: 0 }))]) {
      for (const kind of ["none", "unavailable", "forbidden", "cut", "hang"] as const) {
        vault.standIn.trouble = { kind };
        // a person may mix up name and value
        for (const name of [NAME, OTHER, value, `${NAME}/${value}`]) {
          await tried(() => store.set(name, value, { expiresAt: 4_102_444_800 }));
          await tried(() => store.set(name, `${value}\0`));
          await tried(async () => (await store.get(name)) === undefined);
          await tried(() => store.delete(name));
          await tried(() => store.set(name, value));
        }
        await tried(() => store.list());
        await tried(() => store.health());
        if (store !== keyVault && !store.name.includes("secrets")) break;
      }
    }
    vault.standIn.trouble = { kind: "none" };
    const { text } = await exportSecrets(file, { passphrase: "correct horse battery staple" });
    await tried(() => importSecrets(file, text, { passphrase: `${value}-not-it` }));
    await tried(() => importSecrets(file, `${text}${value}`, { privateKey: value }));
    await tried(() => importSecrets(file, text, { privateKey: value }));
    await tried(() => rewrapSecrets({ dir: join(folder.dir, "encrypted"), from: NEW_KEK, to: KEK }));
    await file.close();
    expect(texts.length).toBeGreaterThan(300);
    const calls = readFileSync(join(folder.dir, "calls"), "utf8");
    expect(
      secretScan({
        secrets,
        texts: { said: texts.join("\n"), calls, export: text, requests: vault.standIn.requests.join("\n") },
        dataDir: join(folder.dir, "encrypted"),
      }),
    ).toEqual([]);
  }, 120_000);
});
