import { createHash } from "node:crypto";

/** What the checker knows (tools/history-checker): on one grant, or on something that is used up once. */
export type Op = "redeem" | "issue" | "refresh" | "revoke" | "validate" | "use";

export interface OpArgs {
  /** issue, refresh: the refresh token, as `digest` of it. */
  readonly value?: string;
  /** refresh: "open" when the whole history lies within the retry window (P4), "closed" when there is none. */
  readonly window?: "open" | "closed";
  /** revoke, validate: the access token, as `digest` of it; of a revocation nothing for the whole grant. */
  readonly token?: string;
}

export interface OpResult {
  readonly status: "ok" | "refused" | "active" | "inactive";
  /** The refresh token that was answered, as `digest` of it. */
  readonly next?: string;
  /** `digest` of all that must be the same in a repeated answer. */
  readonly answer?: string;
}

/** One line of a history. Times are nanoseconds since the recording began. */
export type Operation = {
  readonly client: number;
  readonly op: Op;
  readonly key: string;
  readonly args: OpArgs;
  readonly invoke_ns: number;
} & ({ readonly return_ns: number; readonly result: OpResult } | { readonly unknown: true });

export interface Asked {
  readonly client: number;
  readonly op: Op;
  /** The one stream it is about: `grant:{id}`, `token:{jti}`, `once:{id}`. */
  readonly key: string;
  readonly args?: OpArgs;
}

/** Records what parallel clients ask and are answered. An answer that is lost stays open: it may have happened at any time, or never. */
export class History {
  readonly #operations: Operation[] = [];
  readonly #beganNs = process.hrtime.bigint();

  get operations(): readonly Operation[] {
    return this.#operations;
  }

  /** Runs `ask` between two readings of the clock. Undefined, or a failure of the connection, is an answer that was lost. */
  async record<T>(asked: Asked, ask: () => Promise<T>, read: (answer: T) => OpResult | undefined): Promise<T | undefined> {
    const { client, op, key, args = {} } = asked;
    const invoke_ns = this.#now();
    const answer = await ask().catch((error: unknown) => {
      if (isLost(error)) return undefined;
      throw error;
    });
    const return_ns = this.#now();
    const result = answer === undefined ? undefined : read(answer);
    this.#operations.push({ client, op, key, args, invoke_ns, ...(result === undefined ? { unknown: true } : { return_ns, result }) });
    return answer;
  }

  #now(): number {
    return Number(process.hrtime.bigint() - this.#beganNs);
  }
}

/** fetch says TypeError for every failure of the connection; a body that breaks off is one too, or an abort. */
function isLost(error: unknown): boolean {
  const codes = new Set(["ECONNRESET", "ECONNREFUSED", "EPIPE", "UND_ERR_SOCKET"]);
  return error instanceof TypeError || codes.has((error as NodeJS.ErrnoException).code ?? "");
}

/** Short name of a value that must not be written down. */
export function digest(...values: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(values)).digest("base64url").slice(0, 16);
}
