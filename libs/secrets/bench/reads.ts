/*
 * How long a read takes: p50 and p99, uncached and cached, for the encrypted file, Docker files and the Key Vault stand-in (the vault itself adds its network).
 * node --conditions=@grantline/source libs/secrets/bench/reads.ts
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecretHierarchy, dockerFilesStore, openEncryptedFileStore, type SecretStore } from "@grantline/secrets";
import { startVault } from "../src/fixtures/key-vault.ts";

const NAME = "oauth/github/my-server/access-token";
const clock = { now: () => Math.floor(Date.now() / 1000) };
const dir = mkdtempSync(join(tmpdir(), "grantline-secrets-bench-"));
const { standIn, open } = await startVault();
const stores: readonly SecretStore[] = [
  await openEncryptedFileStore({ dir, kek: { key: Buffer.alloc(32, 1) }, clock }),
  dockerFilesStore({ dir, writable: true, clock }),
  open(),
];
for (const store of stores) {
  await store.set(NAME, "gho_0123456789abcdef0123456789abcdef0123", { expiresAt: 4_102_444_800 });
  console.log(`${store.name} uncached: ${await measure(store, 1_000)}`);
  console.log(`${store.name} cached:   ${await measure(createSecretHierarchy({ stores: [store] }), 20_000)}`);
  await store.close();
}
await standIn.close();
rmSync(dir, { recursive: true });

async function measure(store: SecretStore, reads: number): Promise<string> {
  for (let warm = 0; warm < 50; warm++) await store.get(NAME);
  const took: number[] = [];
  for (let read = 0; read < reads; read++) {
    const beganMs = performance.now();
    await store.get(NAME);
    took.push(performance.now() - beganMs);
  }
  took.sort((one, other) => one - other);
  const at = (share: number): string => (took[Math.floor(took.length * share)] ?? 0).toFixed(4);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (${reads} reads)`;
}
