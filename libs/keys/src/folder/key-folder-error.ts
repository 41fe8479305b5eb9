import { KeyStoreError } from "../wrapping/key-store-error.ts";

/** The key folder can't be used. The message is one line for the operator and holds no secret. */
export class KeyFolderError extends KeyStoreError {
  override readonly name: string = "KeyFolderError";
}
