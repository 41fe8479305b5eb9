/** Why a fetch did not give a document. `refused` means that not one packet was sent. */
export type OutboundFailure =
  | "url-refused"
  | "address-refused"
  | "name-unknown"
  | "redirected"
  | "status"
  | "content-type"
  | "content-encoding"
  | "too-large"
  | "timed-out"
  | "unreachable"
  | "busy";

/** A fetch of ours that failed. Never cached for more than half a minute. */
export class OutboundError extends Error {
  override readonly name = "OutboundError";
  readonly failure: OutboundFailure;
  /** Would the same fetch perhaps succeed a minute later (network, time-out, 5xx)? What we know already may be used meanwhile. */
  readonly temporary: boolean;

  constructor(failure: OutboundFailure, message: string, options: { readonly temporary?: boolean; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.failure = failure;
    this.temporary = options.temporary ?? false;
  }
}
