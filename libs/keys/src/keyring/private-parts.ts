import type { KeyringState, SigningKey } from "@grantline/domain/keyring";
import type { SigningKeyVault } from "../port.ts";
import { findPrivateKey } from "./key-snapshot.ts";

const MAY_SIGN: readonly SigningKey["status"][] = ["created", "published", "active"];

export interface PrivateParts {
  /** Which of the keys that sign or may come to sign have their private part in the vault. */
  usableKeys(state: KeyringState): Promise<(kid: string) => boolean>;
  /** Destroys what signs no more. */
  destroyUnneeded(state: KeyringState): Promise<void>;
}

/** The vault seen from the keyring: what it must hold and what it must not hold any longer. */
export function createPrivateParts(vault: SigningKeyVault): PrivateParts {
  /** Known to be gone for good. */
  const gone = new Set<string>();
  return {
    async usableKeys(state) {
      const wanted = Object.values(state.keys).filter(({ status }) => MAY_SIGN.includes(status));
      const found = await Promise.all(wanted.map(async ({ kid }) => ((await findPrivateKey(vault, kid)) ? kid : undefined)));
      return (kid) => found.includes(kid);
    },
    // A private key that signs no more is only a danger. Processes that have not heard yet hold it in memory.
    async destroyUnneeded(state) {
      for (const { kid, status } of Object.values(state.keys)) {
        if (MAY_SIGN.includes(status) || gone.has(kid)) continue;
        if (await findPrivateKey(vault, kid)) await vault.destroy(kid);
        gone.add(kid);
      }
    },
  };
}
