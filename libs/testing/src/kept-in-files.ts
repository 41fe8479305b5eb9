import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { verifyLog } from "@grantline/event-store";
import { openSqliteEventLog, openSqliteEventStore } from "@grantline/event-store-sqlite";
import type { Kept } from "./kept.ts";

const ALL = 10_000_000;

/** The embedded shape: SQLite files, and a folder of keys. */
export function keptInFiles(dataDir: string): Kept {
  const file = join(dataDir, "events.db");
  const withLog = async <T>(use: (log: ReturnType<typeof openSqliteEventLog>) => T | Promise<T>): Promise<T> => {
    const log = openSqliteEventLog({ file });
    try {
      return await use(log);
    } finally {
      await log.store.close();
    }
  };
  return {
    openStore: () => openSqliteEventStore({ file }),
    events: () => withLog(({ store }) => store.readAll("0", ALL)),
    verify: () => withLog((log) => verifyLog(log.inStreamOrder())),
    loseDisposable: async () => {
      for (const name of ["read-model.db", "ephemeral.db"])
        for (const ending of ["", "-wal", "-shm"]) rmSync(join(dataDir, `${name}${ending}`), { force: true });
    },
    loseKeys: async () => rmSync(join(dataDir, "keys"), { recursive: true, force: true }),
    texts: async () => {
      const databases = filesBelow(dataDir).filter((path) => path.endsWith(".db"));
      return Object.fromEntries(databases.map((path) => [`rows of ${relative(dataDir, path)}`, rowsOf(path)]));
    },
    rowsRead: async () => undefined,
    files: async () => filesBelow(dataDir).map((path) => [relative(dataDir, path), readFileSync(path)] as const),
  };
}

/** Paths of all files in a folder, however deep. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Every row of a SQLite database. */
export function rowsOf(path: string): string {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'").all();
    const rows = tables.flatMap(({ name }) => database.prepare(`SELECT * FROM "${String(name).replaceAll('"', '""')}"`).all());
    return rows.map(rowText).join("\n");
  } finally {
    database.close();
  }
}

/** Bytes as Latin-1, so that text in them is found. */
export function rowText(row: Readonly<Record<string, unknown>>): string {
  return Object.values(row)
    .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value)))
    .join(" ");
}
