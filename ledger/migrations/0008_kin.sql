-- How issues stand to each other, and what one has still to tell another. Both are read from the
-- facts: the streams say the same.

CREATE TABLE issue_link (
    zone     text COLLATE "C" NOT NULL,
    type     text COLLATE "C" NOT NULL,
    from_key text COLLATE "C" NOT NULL,
    to_key   text COLLATE "C" NOT NULL,
    CONSTRAINT issue_link_pkey PRIMARY KEY (zone, from_key, type, to_key)
);
COMMENT ON TABLE issue_link IS 'read from_key <type> to_key; written by the stream of from_key, part_of by that of to_key';
CREATE INDEX issue_link_to_idx ON issue_link (zone, to_key);

CREATE TABLE errand (
    id           text COLLATE "C" NOT NULL,
    sequence     bigint GENERATED ALWAYS AS IDENTITY,
    stream       text COLLATE "C" NOT NULL,
    text         text NOT NULL,
    from_stream  text COLLATE "C" NOT NULL,
    from_version integer NOT NULL,
    created_at   timestamptz NOT NULL,
    attempts     integer NOT NULL DEFAULT 0,
    last_error   text,
    not_before   timestamptz NOT NULL,
    CONSTRAINT errand_pkey PRIMARY KEY (id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
COMMENT ON COLUMN errand.stream IS 'the issue that is to be told';
COMMENT ON COLUMN errand.text IS 'RFC 8785 canonical JSON of the command under `id`; the row goes once that is carried out';
COMMENT ON COLUMN errand.not_before IS 'after a failure, when to try again';
CREATE INDEX errand_due_idx ON errand (not_before, sequence);
CREATE INDEX errand_pair_idx ON errand (from_stream, stream, sequence);
CREATE INDEX errand_failed_idx ON errand (attempts) WHERE attempts > 0;

-- What is known of the issue that a link names. Until the transaction ends nobody else links within
-- the zone, so that of two links which together would be a circle the second sees the first; hence
-- one statement for the lock and others to look. The lineage is what p_start leads to by links of
-- p_type, nearest first, at most p_limit of them; NULL as p_type asks for none.
CREATE FUNCTION ledger_kin(
    p_zone text, p_target text, p_type text, p_start text, p_limit integer,
    OUT kin_version integer, OUT kin_enterprise text, OUT kin_open boolean, OUT kin_outcome text,
    OUT kin_lineage text[], OUT kin_has_parent boolean, OUT kin_phase text, OUT kin_ties integer
) LANGUAGE plpgsql AS $$
DECLARE
    found text[];
    nearest text[] := ARRAY[p_start];
BEGIN
    PERFORM pg_advisory_xact_lock(1129268306, hashtext(p_zone));
    SELECT i.version, i.enterprise, i.open, i.outcome, i.phase
    INTO kin_version, kin_enterprise, kin_open, kin_outcome, kin_phase
    FROM issue i WHERE i.stream = p_zone || '/' || p_target;
    SELECT EXISTS (SELECT FROM issue_link l
                   WHERE l.zone = p_zone AND l.from_key = p_target AND l.type = 'part_of')
    INTO kin_has_parent;
    SELECT count(*) FROM issue_link l
    WHERE l.zone = p_zone AND (l.from_key = p_target OR l.to_key = p_target)
    INTO kin_ties;
    kin_lineage := '{}';
    WHILE p_type IS NOT NULL AND cardinality(kin_lineage) < p_limit LOOP
        SELECT array_agg(n.to_key ORDER BY n.to_key COLLATE "C") INTO found
        FROM (SELECT DISTINCT l.to_key FROM issue_link l
              WHERE l.zone = p_zone AND l.type = p_type AND l.from_key = ANY (nearest)
                AND l.to_key <> ALL (kin_lineage)) n;
        EXIT WHEN found IS NULL;
        kin_lineage := kin_lineage || found;
        nearest := found;
    END LOOP;
    kin_lineage := kin_lineage[1:p_limit];
END
$$;

-- Writes beside the facts of a command, in its transaction, the links that it made and undid and the
-- errands that it caused. Arrays that have nothing to say are NULL.
CREATE FUNCTION ledger_put_kin(
    p_zone text,
    g_type text[], g_from_key text[], g_to_key text[],
    a_type text[], a_from_key text[], a_to_key text[],
    e_id text[], e_stream text[], e_text text[], e_from_stream text[], e_from_version integer[],
    e_created_at timestamptz[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF g_type IS NOT NULL THEN
        DELETE FROM issue_link l USING unnest(g_type, g_from_key, g_to_key) AS g (type, from_key, to_key)
        WHERE l.zone = p_zone AND l.type = g.type AND l.from_key = g.from_key
          AND l.to_key = g.to_key;
    END IF;
    IF a_type IS NOT NULL THEN
        INSERT INTO issue_link (zone, type, from_key, to_key)
        SELECT p_zone, a.type, a.from_key, a.to_key
        FROM unnest(a_type, a_from_key, a_to_key) AS a (type, from_key, to_key)
        ON CONFLICT ON CONSTRAINT issue_link_pkey DO NOTHING;
    END IF;
    IF e_id IS NOT NULL THEN
        INSERT INTO errand (id, stream, text, from_stream, from_version, created_at, not_before)
        SELECT e.id, e.stream, e.text, e.from_stream, e.from_version, e.created_at, e.created_at
        FROM unnest(e_id, e_stream, e_text, e_from_stream, e_from_version, e_created_at)
            WITH ORDINALITY AS e (id, stream, text, from_stream, from_version, created_at, place)
        ORDER BY e.place
        ON CONFLICT ON CONSTRAINT errand_pkey DO NOTHING;
    END IF;
END
$$;

-- The message of an enterprise that an issue comes of, computed from its snapshot as in 0007. No
-- text can pass for the field: the quotes within one are escaped.
ALTER TABLE issue ADD COLUMN report_id text COLLATE "C" GENERATED ALWAYS AS (
    CASE WHEN strpos(snapshot, '"report_id":"') > 0
         THEN substring(snapshot FROM '"report_id":"([^"]+)"') END
) STORED;
COMMENT ON COLUMN issue.report_id IS 'shared by the issues of one message that tells of several problems';
CREATE INDEX issue_report_idx ON issue (report_id, stream) WHERE report_id IS NOT NULL;
