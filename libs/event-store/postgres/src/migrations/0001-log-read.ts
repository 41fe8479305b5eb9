const EVENT = '"position" bigint, stream text, revision integer, id text, type text, hash text, body text';

/**
 * Reading one stream in one round trip. First its head, then the events between its first and its last position: constants by then, so only
 * the partitions of its life are opened (`force_custom_plan`; a cached plan would lock all of them).
 */
export const reading = `
CREATE FUNCTION {schema}.read_stream(wanted text, from_revision integer, at_most integer) RETURNS TABLE (${EVENT})
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE s {schema}.streams%ROWTYPE;
BEGIN
  SELECT * INTO s FROM {schema}.streams WHERE name = wanted;
  IF NOT FOUND OR s.revision < from_revision THEN RETURN; END IF;
  RETURN QUERY SELECT e.position, e.stream, e.revision, e.id, e.type, e.hash, e.body FROM {schema}.events e
    WHERE e.start = s.start AND e.revision >= from_revision AND e.position BETWEEN s.start AND s.last_position
    ORDER BY e.revision LIMIT at_most;
END $$;
REVOKE ALL ON FUNCTION {schema}.read_stream(text, integer, integer) FROM PUBLIC;

CREATE FUNCTION {schema}.read_last(wanted text) RETURNS TABLE (${EVENT})
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE last bigint;
BEGIN
  SELECT last_position INTO last FROM {schema}.streams WHERE name = wanted;
  IF NOT FOUND THEN RETURN; END IF;
  RETURN QUERY SELECT e.position, e.stream, e.revision, e.id, e.type, e.hash, e.body FROM {schema}.events e WHERE e.position = last;
END $$;
REVOKE ALL ON FUNCTION {schema}.read_last(text) FROM PUBLIC;
`;
