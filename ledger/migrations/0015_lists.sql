-- What lists are narrowed to and sorted by beside what 0001 has.

-- The units and proxies of a joint team's parts, in their order. A snapshot writes a team's fields
-- between "team" and "sign_off". Quotes within a text are escaped in JSON, so that no deliverable
-- can pass for a field.
CREATE FUNCTION hands_of_parts(snapshot text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(array_agg(
               CASE f.found[1] WHEN 'unit' THEN 'part:' ELSE 'post:' END || f.found[2]
               ORDER BY f.place), '{}')
    FROM regexp_matches(
        split_part(split_part(snapshot, '"team":{', 2), '"sign_off":', 1),
        '"(unit|proxy)":"([^"\\]+)"', 'g'
    ) WITH ORDINALITY AS f (found, place)
$$;

ALTER TABLE issue ADD COLUMN hands text[] COLLATE "C" NOT NULL GENERATED ALWAYS AS (
    ARRAY['enterprise:' || enterprise, 'post:' || owner, 'post:' || handler]
    || CASE WHEN strpos(snapshot, '"handler":"' || handler || '","unit":"') > 0
            THEN ARRAY['unit:' || substring(snapshot FROM '"handler":"[^"\\]+","unit":"([^"\\]+)"')]
            ELSE '{}'::text[] END
    || CASE WHEN strpos(snapshot, '"team":{') > 0 THEN hands_of_parts(snapshot)
            ELSE '{}'::text[] END
) STORED;
COMMENT ON COLUMN issue.hands IS 'whom it concerns: its enterprise, the posts that own it, handle it '
    'or act for an outside body, the unit that does the work, the units that have a part';

CREATE INDEX issue_hands_idx ON issue USING gin (hands);
CREATE INDEX issue_reported_idx ON issue (zone, reported_at, stream);
CREATE INDEX issue_deadline_idx ON issue (zone, deadline_at, stream) WHERE deadline_at IS NOT NULL;
