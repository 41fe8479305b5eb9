import type { Migration } from "./migration.ts";
import { appending } from "./0001-log-append.ts";
import { reading } from "./0001-log-read.ts";

/** Positions of the first partition; later ones grow until each holds about a day. */
const FIRST_PARTITION = 1_000_000;

/**
 * Makes partitions until `needed` has its place. A partition that filled in under half a day is followed by one of twice its size, one that
 * took over four days by one of half: some hundred a year, whatever the load.
 */
const partitioning = `
CREATE FUNCTION {schema}.extend(needed bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = {schema}, pg_temp AS $$
DECLARE
  made partitions%ROWTYPE;
  low bigint;
  size bigint;
  leaf text;
BEGIN
  LOOP
    SELECT * INTO made FROM partitions ORDER BY first DESC LIMIT 1;
    low := coalesce(made.upto, 1);
    IF low > needed THEN
      UPDATE log SET partitioned_to = low, extend_at = low - (made.upto - made.first) / 8;
      RETURN;
    END IF;
    size := coalesce(made.upto - made.first, ${FIRST_PARTITION});
    IF now() - made.made_at < interval '12 hours' THEN size := least(size * 2, 1073741824);
    ELSIF now() - made.made_at > interval '4 days' THEN size := greatest(size / 2, ${FIRST_PARTITION});
    END IF;
    leaf := 'events_from_' || low;
    -- Made apart and attached: unlike PARTITION OF this does not keep readers out.
    EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING ALL)', leaf);
    EXECUTE format('CREATE UNIQUE INDEX ON %I (start, revision)', leaf);
    EXECUTE format('ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', leaf, low, low + size);
    INSERT INTO partitions (first, upto) VALUES (low, low + size);
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION {schema}.extend(bigint) FROM PUBLIC;
`;

/**
 * The log: its end, its streams, its events.
 * - A stream is known by the position of its first event (`start`): small, unique, and streams of one age lie side by side in the indexes.
 * - `events` is cut by position, the only thing every reader knows: a page of the feed touches one partition, a stream those of its life.
 *   Old segments (P13) go by dropping the partitions that lie wholly in them.
 * - A parent's unique index must hold the partition key, so (start, revision) is unique within a partition by its own index, and across them
 *   by `streams`, which only `append` writes, under its lock.
 */
export const log: Migration = {
  version: 1,
  name: "log",
  sql: `
CREATE TABLE {schema}.log (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  position bigint NOT NULL,
  -- partitions reach to here (exclusive), and from there on the next one is made ahead of need
  partitioned_to bigint NOT NULL,
  extend_at bigint NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE {schema}.streams (
  name text COLLATE "C" PRIMARY KEY,
  start bigint NOT NULL,
  revision integer NOT NULL,
  last_position bigint NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE {schema}.events (
  position bigint PRIMARY KEY,
  start bigint NOT NULL,
  revision integer NOT NULL,
  stream text COLLATE "C" NOT NULL,
  id text NOT NULL,
  type text COLLATE "C" NOT NULL,
  hash text NOT NULL,
  body text NOT NULL
) PARTITION BY RANGE (position);
CREATE INDEX events_by_type ON {schema}.events (type, position);

CREATE TABLE {schema}.partitions (
  first bigint PRIMARY KEY,
  upto bigint NOT NULL,
  made_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO {schema}.log (position, partitioned_to, extend_at) VALUES (0, 1, 1);
${partitioning}
${appending}
${reading}
SELECT {schema}.extend(1);
`,
};
