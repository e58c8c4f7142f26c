-- What a verification came to is a fact as well: anybody can see when the ledger was last found
-- sound, and whoever tampers with it cannot take that back.

CREATE TABLE verification (
    id       text COLLATE "C" NOT NULL,
    scope    text COLLATE "C" NOT NULL,
    since    bigint NOT NULL,
    position bigint NOT NULL,
    size     bigint NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    sound    boolean NOT NULL,
    found    integer NOT NULL,
    findings text NOT NULL,
    by       text NOT NULL,
    CONSTRAINT verification_pkey PRIMARY KEY (id)
);
CREATE INDEX verification_scope_idx ON verification (scope, since, ended_at DESC, id DESC);
COMMENT ON COLUMN verification.scope IS 'ledger, or the stream that was verified';
COMMENT ON COLUMN verification.since IS 'only what came after so many leaves was looked at; 0: all';
COMMENT ON COLUMN verification.size IS 'leaves under the newest checkpoint; 0: there was none';
COMMENT ON COLUMN verification.findings IS 'canonical JSON: the first of the findings';
CREATE TRIGGER verification_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON verification
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE verification ENABLE ALWAYS TRIGGER verification_is_append_only;
CREATE TRIGGER verification_is_logged AFTER INSERT ON verification
    FOR EACH ROW EXECUTE FUNCTION log_fact('id');
ALTER TABLE verification ENABLE ALWAYS TRIGGER verification_is_logged;
