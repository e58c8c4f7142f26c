-- The transparency log: every fact is a leaf of one RFC 6962 Merkle tree without gaps, whose roots
-- are signed as checkpoints and anchored outside this database.

-- Facts -------------------------------------------------------------------------------------

CREATE TABLE checkpoint (
    size bigint NOT NULL,
    root text NOT NULL,
    at   timestamptz NOT NULL,
    note text NOT NULL,
    CONSTRAINT checkpoint_pkey PRIMARY KEY (size)
);
COMMENT ON COLUMN checkpoint.root IS 'SHA-256 in hex: the RFC 6962 root over the first `size` leaves';
COMMENT ON COLUMN checkpoint.note IS 'the C2SP signed note: origin, size, root, time, signatures';

CREATE TABLE log_key (
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    vkey     text NOT NULL,
    note     text,
    at       timestamptz NOT NULL,
    CONSTRAINT log_key_pkey PRIMARY KEY (sequence),
    CONSTRAINT log_key_vkey_key UNIQUE (vkey)
);
COMMENT ON COLUMN log_key.vkey IS 'C2SP verifier key: name+hash+key';
COMMENT ON COLUMN log_key.note IS 'the hand-over, signed by the key before and by this one; NULL for the first';

CREATE TABLE anchor (
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    size     bigint NOT NULL,
    kind     text NOT NULL,
    target   text NOT NULL,
    receipt  text NOT NULL,
    at       timestamptz NOT NULL,
    CONSTRAINT anchor_pkey PRIMARY KEY (sequence)
);
COMMENT ON TABLE anchor IS 'checkpoints given to somebody outside, and what was given back';

-- The order of the facts --------------------------------------------------------------------

CREATE TABLE log_entry (
    index    bigint NOT NULL,
    kind     text COLLATE "C" NOT NULL,
    key      text COLLATE "C",
    position bigint,
    hash     bytea NOT NULL,
    CONSTRAINT log_entry_pkey PRIMARY KEY (index),
    CONSTRAINT log_entry_position_key UNIQUE (position),
    CONSTRAINT log_entry_names_one_fact CHECK ((key IS NULL) = (position IS NOT NULL))
);
COMMENT ON COLUMN log_entry.index IS 'of the leaf, from 0, without a gap';
COMMENT ON COLUMN log_entry.kind IS 'the table that holds the fact';
COMMENT ON COLUMN log_entry.key IS 'of the fact in its table; an event has its position instead';
COMMENT ON COLUMN log_entry.hash IS 'SHA-256 of a zero byte and the leaf';
CREATE UNIQUE INDEX log_entry_key_idx ON log_entry (kind, key) WHERE key IS NOT NULL;

CREATE TABLE log_node (
    level integer NOT NULL,
    index bigint NOT NULL,
    hash  bytea NOT NULL,
    CONSTRAINT log_node_pkey PRIMARY KEY (level, index)
);
COMMENT ON TABLE log_node IS 'roots of whole subtrees of 256 to the power of level leaves: proofs read hundreds of rows, not all';

CREATE TRIGGER checkpoint_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_key_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_key
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER anchor_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON anchor
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_entry_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_node_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_node
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE checkpoint ENABLE ALWAYS TRIGGER checkpoint_is_append_only;
ALTER TABLE log_key ENABLE ALWAYS TRIGGER log_key_is_append_only;
ALTER TABLE anchor ENABLE ALWAYS TRIGGER anchor_is_append_only;
ALTER TABLE log_entry ENABLE ALWAYS TRIGGER log_entry_is_append_only;
ALTER TABLE log_node ENABLE ALWAYS TRIGGER log_node_is_append_only;

-- What waits for its place ------------------------------------------------------------------

-- Events are found by their position, the commands that caused them with them. Every other fact
-- leaves its name here in its own transaction, whichever commits first, and is taken up from here.
CREATE TABLE log_pending (
    kind text COLLATE "C" NOT NULL,
    key  text COLLATE "C" NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- TG_ARGV: the columns of the fact's key, joined by a slash.
CREATE FUNCTION log_fact() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
DECLARE
    plain jsonb := to_jsonb(new);
    parts text[] := '{}';
    name text;
BEGIN
    FOREACH name IN ARRAY tg_argv LOOP
        parts := parts || (plain ->> name);
    END LOOP;
    INSERT INTO public.log_pending (kind, key) VALUES (tg_table_name, array_to_string(parts, '/'));
    RETURN NULL;
END
$$;

CREATE TRIGGER command_is_logged AFTER INSERT ON command
    FOR EACH ROW WHEN (new.count = 0) EXECUTE FUNCTION log_fact('id');
CREATE TRIGGER terms_is_logged AFTER INSERT ON terms
    FOR EACH ROW EXECUTE FUNCTION log_fact('hash');
CREATE TRIGGER workflow_history_is_logged AFTER INSERT ON workflow_history
    FOR EACH ROW EXECUTE FUNCTION log_fact('run_id');
CREATE TRIGGER refusal_is_logged AFTER INSERT ON refusal
    FOR EACH ROW EXECUTE FUNCTION log_fact('id');
CREATE TRIGGER calendar_version_is_logged AFTER INSERT ON calendar_version
    FOR EACH ROW EXECUTE FUNCTION log_fact('hash');
CREATE TRIGGER calendar_publication_is_logged AFTER INSERT ON calendar_publication
    FOR EACH ROW EXECUTE FUNCTION log_fact('sequence');
CREATE TRIGGER handbook_version_is_logged AFTER INSERT ON handbook_version
    FOR EACH ROW EXECUTE FUNCTION log_fact('hash');
CREATE TRIGGER handbook_publication_is_logged AFTER INSERT ON handbook_publication
    FOR EACH ROW EXECUTE FUNCTION log_fact('sequence');
CREATE TRIGGER adoption_plan_is_logged AFTER INSERT ON adoption_plan
    FOR EACH ROW EXECUTE FUNCTION log_fact('sequence');
CREATE TRIGGER adoption_end_is_logged AFTER INSERT ON adoption_end
    FOR EACH ROW EXECUTE FUNCTION log_fact('plan');
CREATE TRIGGER callback_draw_is_logged AFTER INSERT ON callback_draw
    FOR EACH ROW EXECUTE FUNCTION log_fact('id');
CREATE TRIGGER administrative_task_is_logged AFTER INSERT ON administrative_task
    FOR EACH ROW EXECUTE FUNCTION log_fact('id');
CREATE TRIGGER schema_migration_is_logged AFTER INSERT ON schema_migration
    FOR EACH ROW EXECUTE FUNCTION log_fact('version');
CREATE TRIGGER log_key_is_logged AFTER INSERT ON log_key
    FOR EACH ROW EXECUTE FUNCTION log_fact('vkey');
CREATE TRIGGER anchor_is_logged AFTER INSERT ON anchor
    FOR EACH ROW EXECUTE FUNCTION log_fact('sequence');

-- What was written before there was a log.
INSERT INTO log_pending (kind, key)
SELECT 'schema_migration', version::text FROM schema_migration
UNION ALL SELECT 'command', id FROM command WHERE count = 0
UNION ALL SELECT 'terms', hash FROM terms
UNION ALL SELECT 'workflow_history', run_id FROM workflow_history
UNION ALL SELECT 'refusal', id::text FROM refusal
UNION ALL SELECT 'calendar_version', hash FROM calendar_version
UNION ALL SELECT 'calendar_publication', sequence::text FROM calendar_publication
UNION ALL SELECT 'handbook_version', hash FROM handbook_version
UNION ALL SELECT 'handbook_publication', sequence::text FROM handbook_publication
UNION ALL SELECT 'adoption_plan', sequence::text FROM adoption_plan
UNION ALL SELECT 'adoption_end', plan::text FROM adoption_end
UNION ALL SELECT 'callback_draw', id FROM callback_draw
UNION ALL SELECT 'administrative_task', id FROM administrative_task;

-- A refusal is a fact as well.
CREATE TRIGGER refusal_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON refusal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE refusal ENABLE ALWAYS TRIGGER refusal_is_append_only;

-- Nobody else may have a fact named: a trigger is fired without the right to call its function.
REVOKE EXECUTE ON FUNCTION log_fact() FROM PUBLIC;

-- Administrators' tasks are facts too, but for how they were settled. The guard of 0004 looks at
-- rows; this one refuses the statement, whether or not it would find a row.
CREATE TRIGGER administrative_task_columns_stay
    BEFORE UPDATE OF id, kind, subject, year, raised_at, stream, version ON administrative_task
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE administrative_task ENABLE ALWAYS TRIGGER administrative_task_columns_stay;
ALTER TABLE administrative_task ENABLE ALWAYS TRIGGER administrative_task_is_only_settled;
ALTER TABLE administrative_task ENABLE ALWAYS TRIGGER administrative_task_stays;
