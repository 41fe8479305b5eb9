export { HOSTILE_NAMES, runSecretStoreContract, type SecretPlace } from "./secret-store.contract.ts";
