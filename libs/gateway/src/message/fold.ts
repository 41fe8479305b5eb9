/**
 * A name as a careless program might compare it: without case, width, invisible characters and space around it. Two names that are the same to
 * one of the programs in between must be the same to the policy (security case G-09).
 */
export function fold(name: string): string {
  return name
    .normalize("NFKC")
    .replaceAll(/[\p{Cf}\p{Cc}\p{Z}\s]/gu, "")
    .toLowerCase()
    .normalize("NFKC");
}
