import { SecretRefused } from "./errors.ts";

/** Key Vault's own limit is 25 kB; what one store would refuse none takes, so that a secret can move between them. */
export const LONGEST_VALUE_BYTES = 24_576;

/** @throws SecretRefused when no store can keep it unchanged; the value is not repeated. */
export function checkValue(value: string): void {
  const bytes = Buffer.byteLength(value);
  if (bytes === 0) throw refused("it is empty");
  if (bytes > LONGEST_VALUE_BYTES) throw refused(`it has ${bytes} bytes, more than ${LONGEST_VALUE_BYTES}`);
  if (!value.isWellFormed()) throw refused("it is no well-formed Unicode text");
  if (value.includes("\0")) throw refused("it holds a NUL character");
}

/** @throws SecretRefused unless epoch seconds (milliseconds given by mistake would never end). */
export function checkExpiry(expiresAt: number | undefined): void {
  if (expiresAt === undefined) return;
  if (!Number.isSafeInteger(expiresAt) || expiresAt < 1 || expiresAt > 32_503_680_000)
    throw new SecretRefused("expiry", "the secret's expiry was refused: epoch seconds, a whole number");
}

function refused(why: string): SecretRefused {
  return new SecretRefused("value", `the secret's value was refused: ${why}`);
}
