/** The key folder can't be used. The message is one line for the operator and holds no secret. */
export class KeyFolderError extends Error {
  override readonly name = "KeyFolderError";
}
