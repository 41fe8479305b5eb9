import { join } from "node:path";
import { verifyLog, type LogVerification, type StoredEvent } from "@grantline/event-store";
import { openSqliteEventLog } from "@grantline/event-store-sqlite";

/** Every event of a data folder, of one stream's kind when asked (`grant-`), with its body parsed. */
export async function eventsIn(
  dataDir: string,
  prefix = "",
): Promise<readonly (StoredEvent & { readonly data: Readonly<Record<string, unknown>> })[]> {
  const { store } = openSqliteEventLog({ file: join(dataDir, "events.db") });
  try {
    const events = await store.readAll("0", 10_000_000);
    return events
      .filter(({ stream }) => stream.startsWith(prefix))
      .map((event) => ({ ...event, data: (JSON.parse(event.body) as { data: Record<string, unknown> }).data }));
  } finally {
    await store.close();
  }
}

/** The chains of the whole log, recomputed. */
export async function verifyDataFolder(dataDir: string): Promise<LogVerification> {
  const log = openSqliteEventLog({ file: join(dataDir, "events.db") });
  try {
    return verifyLog(log.inStreamOrder());
  } finally {
    await log.store.close();
  }
}
