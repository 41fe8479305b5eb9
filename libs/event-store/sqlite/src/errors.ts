/** The data folder was written by a newer release; opening it could lose what that release knows. */
export class DataFolderNewer extends Error {
  override readonly name = "DataFolderNewer";
}

/** Another process owns the file's writer. */
export class DataFolderInUse extends Error {
  override readonly name = "DataFolderInUse";
}

/** An error as it crosses the thread border, where classes are lost. */
export interface Failure {
  readonly name: string;
  readonly message: string;
}

export function toFailure(error: unknown): Failure {
  return error instanceof Error ? { name: error.name, message: error.message } : { name: "Error", message: String(error) };
}

export function fromFailure({ name, message }: Failure): Error {
  if (name === "DataFolderNewer") return new DataFolderNewer(message);
  if (name === "DataFolderInUse") return new DataFolderInUse(message);
  return new Error(message);
}
