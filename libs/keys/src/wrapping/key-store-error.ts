/** The keys can't be used as they are. The message is one line for the operator and holds no secret. */
export class KeyStoreError extends Error {
  override readonly name: string = "KeyStoreError";
}
