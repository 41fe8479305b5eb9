import type { DatabaseSync } from "node:sqlite";
import type { Position } from "@grantline/event-store";

export interface Checkpoints {
  get(projection: string): Position | undefined;
  set(projection: string, position: Position): void;
  drop(projection: string): void;
  rename(from: string, to: string): void;
}

export function createCheckpoints(database: DatabaseSync): Checkpoints {
  const find = database.prepare("SELECT position FROM checkpoints WHERE projection = ?");
  const set = database.prepare(
    "INSERT INTO checkpoints (projection, position) VALUES (?, ?) ON CONFLICT (projection) DO UPDATE SET position = excluded.position",
  );
  const drop = database.prepare("DELETE FROM checkpoints WHERE projection = ?");
  const rename = database.prepare("UPDATE checkpoints SET projection = ? WHERE projection = ?");
  return {
    get: (projection) => find.get(projection)?.["position"] as Position | undefined,
    set: (projection, position) => void set.run(projection, position),
    drop: (projection) => void drop.run(projection),
    rename: (from, to) => void rename.run(to, from),
  };
}
