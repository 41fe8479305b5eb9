import { runSecretStoreContract } from "../contract/index.ts";
import { allBytes, clock, KEK, newFolder } from "../fixtures/folder.ts";
import { openEncryptedFileStore } from "./encrypted-file-store.ts";

// Real: SQLite, OpenSSL. Made: nothing.
runSecretStoreContract("the encrypted file", async () => {
  const { dir, remove } = newFolder();
  const open = () => openEncryptedFileStore({ dir, kek: KEK, clock });
  return {
    open,
    plant: async (name, value) => {
      const store = await open();
      await store.set(name, value);
      await store.close();
    },
    stolen: async () => allBytes(dir),
    remove: async () => remove(),
  };
});
