import type { TokenRecords } from "../tokens/record.ts";
import type { UpstreamAccess } from "../upstream.port.ts";
import { handOut, LOST, unavailable, type Connected } from "./hand-out.ts";

/** The tokens the stream names now. */
export async function present(records: TokenRecords, id: string, { connection }: Connected): Promise<UpstreamAccess> {
  const record = await records.read(id, connection);
  if (record === undefined) return LOST;
  // a store that is behind what was written to it a moment ago
  return record.record === connection.record ? handOut(connection, record) : unavailable("tokens-behind", 1);
}
