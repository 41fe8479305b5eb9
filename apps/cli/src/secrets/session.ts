import { openSecretStore } from "@grantline/platform";
import { SecretRefused, SecretStoreReadOnly, SecretUnreadable, type SecretStore } from "@grantline/secrets";
import type { Command } from "commander";
import { CommandFailed } from "../failure.ts";
import { settingsOf } from "../settings.ts";
import type { Terminal } from "../terminal.ts";

/** Opens the stores the settings name, does the work and closes them. What the stores refuse becomes exit code 1, what they can't do 2. */
export async function withSecrets<T>(command: Command, terminal: Terminal, work: (store: SecretStore) => Promise<T>): Promise<T> {
  const store = await openSecretStore({
    // one command reads each secret once
    config: settingsOf(command, terminal),
    env: terminal.env,
    onTrouble: (what) => terminal.error(`grantline: ${what}\n`),
  });
  try {
    return await work(store);
  } catch (error) {
    if (error instanceof SecretRefused || error instanceof SecretStoreReadOnly || error instanceof SecretUnreadable)
      throw new CommandFailed(error.message, 1);
    throw error;
  } finally {
    await store.close();
  }
}

/** Epoch seconds as an ISO time. */
export function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000", "");
}
