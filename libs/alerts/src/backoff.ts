const FIRST_MS = 1_000;
const LONGEST_MS = 300_000;

/** How long to leave a sink alone after so many failures in a row: doubling, with half of it by chance, so that many senders do not come back together. */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const full = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
  return full / 2 + (full / 2) * random();
}
