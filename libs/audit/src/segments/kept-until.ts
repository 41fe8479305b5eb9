/** End of a day's retention, epoch seconds. */
export function keptUntil(day: string, retention: number): number {
  return Date.parse(`${day}T00:00:00Z`) / 1_000 + 86_400 + retention;
}
