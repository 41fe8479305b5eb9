import type { ClientSecret } from "@grantline/domain/client";
import { sameHash, sha256 } from "../tokens/index.ts";

const NOBODY: ClientSecret = { id: "", hash: sha256(""), issuedAt: 0, expiresAt: 0 };

/**
 * Does one of the presented texts match one of the client's unexpired secrets? All pairs are compared, so the time taken tells nothing
 * about which; without secrets one comparison is made all the same.
 */
export function secretMatches(secrets: readonly ClientSecret[], presented: readonly string[], now: number): boolean {
  let matches = false;
  for (const text of presented) {
    const hash = sha256(text);
    for (const secret of secrets.length === 0 ? [NOBODY] : secrets) {
      const alive = secret.expiresAt === undefined || secret.expiresAt > now;
      if (sameHash(hash, secret.hash) && alive && text !== "") matches = true;
    }
  }
  return matches;
}
