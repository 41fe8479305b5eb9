import { comparePositions, type Position } from "@grantline/event-store";
import type { Parameters } from "@grantline/oauth/http";
import type { AuditContext } from "./context.ts";
import { malformed, positionParameter } from "./parameters.ts";

/** A head that is still to come would not be pinned. */
export async function pinnedHead({ store }: AuditContext, parameters: Parameters): Promise<Position> {
  const head = await store.head();
  const asked = positionParameter(parameters, "head");
  if (asked !== undefined && comparePositions(asked, head) > 0) throw malformed("head: lies beyond the end of the log");
  return asked ?? head;
}
