/** error: a strict client refuses. warning: some clients refuse, or do worse than they could. info: worth knowing. ok: as it should be. */
export type Severity = "ok" | "info" | "warning" | "error";

export interface Finding {
  /** Stable, kebab: what was looked at. */
  readonly check: string;
  readonly severity: Severity;
  /** What is, and what of it a client would refuse. */
  readonly message: string;
  /** Where. */
  readonly url?: string;
  /** The values compared, byte for byte. */
  readonly expected?: string;
  readonly found?: string;
}

export type Area = "challenge" | "resource metadata" | "authorization server metadata" | "registration" | "cors" | "token";

export interface Section {
  readonly area: Area;
  readonly findings: readonly Finding[];
}

/** Collects the findings about one place. */
export class Findings {
  readonly #found: Finding[] = [];
  readonly #url: string | undefined;

  constructor(url?: string) {
    this.#url = url;
  }

  get all(): readonly Finding[] {
    return this.#found;
  }

  add(severity: Severity, check: string, message: string, values: Pick<Finding, "expected" | "found"> = {}): void {
    this.#found.push({ check, severity, message, ...(this.#url === undefined ? {} : { url: this.#url }), ...values });
  }

  /** A condition that should hold: ok when it does, else that severity. */
  expect(holds: boolean, check: string, good: string, severity: Exclude<Severity, "ok">, bad: string): void {
    this.add(holds ? "ok" : severity, check, holds ? good : bad);
  }
}
