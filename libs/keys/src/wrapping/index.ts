/** What every adapter of the key ports shares: how keys are made, wrapped and used. No technology to keep them in. */
export { createAddressSeals } from "./address-seals.ts";
export type { AddressSeals } from "./address-seals.ts";
export * from "./daily-key.ts";
export { fitsKekCheck, kekOf, LOGIN_HASH_AAD, newKekCheck, newKekSalt, newLoginHashKey, openLoginHashKey } from "./kek.ts";
export type { KekSource } from "./kek.ts";
export { KeyStoreError } from "./key-store-error.ts";
export {
  loginHashWith,
  lostSubjectKey,
  newSubjectKey,
  openPersonalData,
  openSubjectKey,
  sealPersonalData,
  subjectKeyAad,
} from "./personal-data.ts";
export { createRetryKeys } from "./retry-keys.ts";
export { createSeals } from "./seals.ts";
export { makeSigningKey, signingKeyAad, unwrapSigningKey, wrapSigningKey } from "./signing-key.ts";
export type { NewSigningKey } from "./signing-key.ts";
export { rewrap, unwrap, wrap } from "./wrap.ts";
