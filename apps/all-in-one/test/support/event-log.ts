import type { LogVerification, StoredEvent } from "@grantline/event-store";
import { keptBy } from "@grantline/testing";

/** Every event of a data folder's server, of one stream's kind when asked (`grant-`), with its body parsed. */
export async function eventsIn(
  dataDir: string,
  prefix = "",
): Promise<readonly (StoredEvent & { readonly data: Readonly<Record<string, unknown>> })[]> {
  const events = await (await keptBy(dataDir)).events();
  return events
    .filter(({ stream }) => stream.startsWith(prefix))
    .map((event) => ({ ...event, data: (JSON.parse(event.body) as { data: Record<string, unknown> }).data }));
}

/** The chains of the whole log, recomputed. */
export async function verifyDataFolder(dataDir: string): Promise<LogVerification> {
  return (await keptBy(dataDir)).verify();
}
