/**
 * The only code that writes events; it runs as the schema's owner, so a serving process needs no right to change a table.
 *
 * One call is one transaction and one batch of appends. `names` are its streams, each once; the next three arrays have one entry an append,
 * the last five one an event. Answered for each append: position and revision of its last event, or position 0 and the actual revision when
 * it was not where it expected to be.
 *
 * Positions are given under a lock held to the end of the commit: whoever sees a position sees every lower one, and a transaction that is
 * rolled back leaves no gap. Statements after the lock take snapshots of their own, so they see what its last holder committed
 * (READ COMMITTED; under a stricter level the update of \`log\` fails, nothing worse).
 *
 * Young tables have no statistics, so the planner is told that an index is the way; what it then thinks of the costs would make it compile.
 */
export const appending = `
CREATE FUNCTION {schema}.append(
  names text[], stream_of integer[], expected integer[], counts integer[],
  event_streams text[], ids text[], types text[], hashes text[], bodies text[],
  OUT positions bigint[], OUT revisions integer[], OUT head bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = {schema}, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off AS $$
DECLARE
  given bigint; before bigint; inserted bigint; room_to bigint; room_low bigint; stands bigint;
  starts bigint[]; heads integer[]; lasts bigint[]; moved boolean[];
  events integer := cardinality(ids);
  at bigint[]; at_start bigint[]; at_revision integer[];
  s integer; k integer := 1;
BEGIN
  -- P1: durable before answered, whatever the server, the role or a pooler has set.
  IF current_setting('synchronous_commit') <> 'remote_apply' THEN PERFORM set_config('synchronous_commit', 'on', true); END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('grantline {schema}', 0));

  SELECT position, partitioned_to, extend_at INTO given, room_to, room_low FROM log;
  IF given + events >= room_to THEN PERFORM extend(given + events);
  ELSIF given + events >= room_low THEN
    -- Ahead of need, so it may fail: whoever holds the table (an ANALYZE by hand) must not hold up the appends.
    BEGIN
      PERFORM set_config('lock_timeout', '100ms', true);
      PERFORM extend(room_to);
    EXCEPTION WHEN lock_not_available THEN NULL;
    END;
  END IF;

  SELECT array_agg(coalesce(h.start, 0) ORDER BY n.i), array_agg(coalesce(h.revision, -1) ORDER BY n.i),
         array_agg(coalesce(h.last_position, 0) ORDER BY n.i), array_agg(false)
    INTO starts, heads, lasts, moved
    FROM unnest(names) WITH ORDINALITY AS n(name, i) LEFT JOIN streams h ON h.name = n.name;
  at := array_fill(0::bigint, ARRAY[events]); at_start := at; at_revision := array_fill(0, ARRAY[events]);
  before := given; inserted := given;

  FOR i IN 1 .. cardinality(expected) LOOP
    s := stream_of[i];
    IF heads[s] = expected[i] THEN
      IF heads[s] = -1 THEN starts[s] := given + 1; END IF;
      FOR j IN 1 .. counts[i] LOOP
        given := given + 1;
        at[k + j - 1] := given; at_start[k + j - 1] := starts[s]; at_revision[k + j - 1] := expected[i] + j;
      END LOOP;
      heads[s] := expected[i] + counts[i]; lasts[s] := given; moved[s] := true;
      positions[i] := given; revisions[i] := heads[s];
    ELSE
      stands := 0;
      IF heads[s] >= expected[i] + counts[i] THEN
        -- Perhaps sent twice: then it may stand there already, or have been taken earlier in this very batch.
        PERFORM put(inserted, at, at_start, at_revision, event_streams, ids, types, hashes, bodies);
        inserted := given;
        stands := standing(starts[s], lasts[s], expected[i], ids[k : k + counts[i] - 1]);
      END IF;
      positions[i] := stands;
      revisions[i] := CASE WHEN stands > 0 THEN expected[i] + counts[i] ELSE heads[s] END;
    END IF;
    k := k + counts[i];
  END LOOP;

  head := given;
  IF given = before THEN RETURN; END IF;
  PERFORM put(inserted, at, at_start, at_revision, event_streams, ids, types, hashes, bodies);
  INSERT INTO streams (name, start, revision, last_position)
    SELECT n.name, n.start, n.revision, n.last FROM unnest(names, starts, heads, lasts, moved) AS n(name, start, revision, last, moved)
    WHERE n.moved
    ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, last_position = excluded.last_position;
  UPDATE log SET position = given;
  PERFORM pg_notify('{schema}_events', given::text);
END $$;
REVOKE ALL ON FUNCTION {schema}.append(text[], integer[], integer[], integer[], text[], text[], text[], text[], text[]) FROM PUBLIC;

-- Inserts what was taken after a position.
CREATE FUNCTION {schema}.put(
  after bigint, at bigint[], at_start bigint[], at_revision integer[],
  event_streams text[], ids text[], types text[], hashes text[], bodies text[]) RETURNS void
LANGUAGE sql VOLATILE AS $$
  INSERT INTO {schema}.events (position, start, revision, stream, id, type, hash, body)
    SELECT * FROM unnest(at, at_start, at_revision, event_streams, ids, types, hashes, bodies) AS e(position, start, revision, stream, id, type, hash, body)
    WHERE e.position > after
$$;
REVOKE ALL ON FUNCTION {schema}.put(bigint, bigint[], bigint[], integer[], text[], text[], text[], text[], text[]) FROM PUBLIC;

-- Position of the last of these events when all of them stand after that revision of the stream, else 0. Planned anew at each call: only then
-- are partitions beyond the stream's life left alone.
CREATE FUNCTION {schema}.standing(stream_start bigint, stream_end bigint, after_revision integer, wanted text[]) RETURNS bigint
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan SET jit = off AS $$
BEGIN
  RETURN (
    SELECT CASE WHEN count(*) = cardinality(wanted) THEN max(e.position) ELSE 0 END
      FROM {schema}.events e JOIN unnest(wanted) WITH ORDINALITY AS w(id, i) ON e.revision = after_revision + w.i AND e.id = w.id
      WHERE e.position BETWEEN stream_start AND stream_end AND e.start = stream_start
        AND e.revision BETWEEN after_revision + 1 AND after_revision + cardinality(wanted));
END $$;
REVOKE ALL ON FUNCTION {schema}.standing(bigint, bigint, integer, text[]) FROM PUBLIC;
`;
