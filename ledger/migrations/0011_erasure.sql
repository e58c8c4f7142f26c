-- Erasures: whose key was destroyed, when, by whom and why. The keys themselves are never here.

CREATE TABLE erasure (
    id      text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    key_id  text NOT NULL,
    at      timestamptz NOT NULL,
    actor   text NOT NULL,
    reason  text NOT NULL,
    CONSTRAINT erasure_pkey PRIMARY KEY (id)
);
CREATE INDEX erasure_subject_idx ON erasure (subject);
CREATE TRIGGER erasure_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON erasure
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE erasure ENABLE ALWAYS TRIGGER erasure_is_append_only;
CREATE TRIGGER erasure_is_logged AFTER INSERT ON erasure
    FOR EACH ROW EXECUTE FUNCTION log_fact('id');
