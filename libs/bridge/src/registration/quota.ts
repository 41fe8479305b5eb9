import { OAuthError } from "@grantline/oauth/errors";
import { type ListPage, type ReadModel, tables } from "@grantline/read-model";

export interface Quota {
  /** Throws OAuthError `too_many_requests` when there are as many registrations as strangers may fill the directory with. */
  take(): Promise<void>;
}

export interface QuotaParts {
  readonly readModel: Pick<ReadModel, "list">;
  /** Epoch seconds. */
  readonly clock: { now(): number };
  /** Live registrations, whoever made them. */
  readonly max: number;
}

const COUNT_EVERY_SECONDS = 60;
const PAGE = 500;

/**
 * Every registration counts against the quota of the directory behind the bridge, so whoever nobody vouched for gets only what is left of a number. Counted
 * once a minute from the listing and by itself in between: with several instances some more may get through, never many.
 */
export function createQuota({ readModel, clock, max }: QuotaParts): Quota {
  let [known, countedAt] = [0, -Infinity];
  return {
    async take() {
      if (clock.now() - countedAt >= COUNT_EVERY_SECONDS) [known, countedAt] = [await countUpTo(readModel, max), clock.now()];
      if (known >= max)
        throw new OAuthError("too_many_requests", "registration-quota", "No more clients can be registered here now.", {
          headers: { "retry-after": "3600" },
        });
      known += 1;
    },
  };
}

async function countUpTo(readModel: Pick<ReadModel, "list">, max: number): Promise<number> {
  let count = 0;
  let cursor: string | undefined;
  do {
    const page: ListPage = await readModel.list(tables.bridges, {
      where: { status: "active" },
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    count += page.rows.length;
    cursor = page.nextCursor;
  } while (cursor !== undefined && count < max);
  return count;
}
