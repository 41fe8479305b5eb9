/**
 * What went wrong with a provider. `reason`: a kebab id of ours, or the provider's error code. It has no cause: errors of HTTP and OAuth libraries carry
 * requests and answers, and those carry secrets.
 */
export class ProviderTrouble extends Error {
  override readonly name = "ProviderTrouble";
  /** `refused`: this person's authorization is at its end. `transient`: try again. `setup`: an operator has to put something right. */
  readonly kind: "refused" | "transient" | "setup";
  readonly reason: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(kind: ProviderTrouble["kind"], reason: string, retryAfterSeconds?: number) {
    super(`the provider: ${reason}`);
    this.kind = kind;
    this.reason = reason;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A provider's error code as it may stand in events and on pages: ours are short words, whatever was sent. */
export function errorWord(code: string): string {
  return /^[a-z][a-z0-9_.-]{0,63}$/i.test(code) ? code.toLowerCase().replaceAll("_", "-") : "unknown-error";
}
