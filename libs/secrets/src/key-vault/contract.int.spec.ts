// Real: @azure/keyvault-secrets and @azure/identity over HTTPS. Stand-in: the vault and the token endpoint. The real vault: GRANTLINE_TEST_KEY_VAULT_URL.
import { describe } from "vitest";
import { runSecretStoreContract } from "../contract/index.ts";
import { startVault } from "../fixtures/key-vault.ts";
import { keyVaultStore } from "./key-vault-store.ts";

runSecretStoreContract("Azure Key Vault (stand-in)", async () => {
  const { standIn, open } = await startVault();
  return {
    open: async () => open(),
    plant: async (name, value) => void (await open().set(name, value)),
    remove: () => standIn.close(),
  };
});

const url = process.env["GRANTLINE_TEST_KEY_VAULT_URL"] ?? "";
describe.skipIf(url === "")(
  "needs a real vault that is empty: GRANTLINE_TEST_KEY_VAULT_URL, and AZURE_… for DefaultAzureCredential",
  () => {
    const open = () => keyVaultStore({ url, purge: true, budgetMs: 30_000 });
    runSecretStoreContract("Azure Key Vault", async () => ({
      open: async () => open(),
      plant: async (name, value) => void (await open().set(name, value)),
      remove: async () => {
        for (const { name } of await open().list()) await open().delete(name);
      },
    }));
  },
);
