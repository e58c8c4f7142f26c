-- Auditors' reads and exports are facts too: who looked at what, and what left the house.

CREATE TABLE audit_read (
    id       text COLLATE "C" NOT NULL,
    kind     text NOT NULL,
    scope    text NOT NULL,
    position bigint NOT NULL,
    actor    text NOT NULL,
    at       timestamptz NOT NULL,
    CONSTRAINT audit_read_pkey PRIMARY KEY (id)
);
COMMENT ON COLUMN audit_read.kind IS 'verify, replay, export, evidence …';
COMMENT ON COLUMN audit_read.position IS 'the ledger as it stood at this position was read';
CREATE TRIGGER audit_read_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_read
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE audit_read ENABLE ALWAYS TRIGGER audit_read_is_append_only;
CREATE TRIGGER audit_read_is_logged AFTER INSERT ON audit_read
    FOR EACH ROW EXECUTE FUNCTION log_fact('id');

-- A fact is named for the log whatever session_replication_role says, as the guards refuse whatever
-- it says.
DO $$
DECLARE
    of_fact record;
BEGIN
    FOR of_fact IN SELECT t.tgrelid::regclass AS fact, t.tgname AS name FROM pg_trigger t
                   WHERE t.tgname LIKE '%\_is\_logged' LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', of_fact.fact, of_fact.name);
    END LOOP;
END
$$;
