-- Who may come to a face: admissions are facts, what they are known by is not.

CREATE TABLE admission (
    id        text COLLATE "C" NOT NULL,
    principal text COLLATE "C" NOT NULL,
    revision  integer NOT NULL,
    kind      text NOT NULL,
    body      text NOT NULL,
    at        timestamptz NOT NULL,
    by        text NOT NULL,
    CONSTRAINT admission_pkey PRIMARY KEY (id),
    CONSTRAINT admission_is_of_its_principal CHECK (id = principal || '#' || revision)
);
CREATE INDEX admission_principal_idx ON admission (principal, revision DESC);
COMMENT ON TABLE admission IS 'the newest row of a principal says how it stands';
COMMENT ON COLUMN admission.kind IS 'created, password_changed, disabled, revoked';
COMMENT ON COLUMN admission.body IS 'canonical JSON; of the credential only the SHA-256 of its row';
COMMENT ON COLUMN admission.by IS 'the principal that did it, or terminal';

CREATE TRIGGER admission_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON admission
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE admission ENABLE ALWAYS TRIGGER admission_is_append_only;
CREATE TRIGGER admission_is_logged AFTER INSERT ON admission
    FOR EACH ROW EXECUTE FUNCTION log_fact('id');
ALTER TABLE admission ENABLE ALWAYS TRIGGER admission_is_logged;

-- No facts: they are replaced and forgotten, and auditors do not read them.

CREATE TABLE credential (
    principal text COLLATE "C" NOT NULL,
    hash      text NOT NULL,
    used_at   timestamptz,
    CONSTRAINT credential_pkey PRIMARY KEY (principal)
);
COMMENT ON COLUMN credential.hash IS 'of a key the SHA-256 of its secret, of a user the scrypt of the password';
COMMENT ON COLUMN credential.used_at IS 'coarsely: once an hour at most';

CREATE TABLE session (
    hash      text COLLATE "C" NOT NULL,
    principal text COLLATE "C" NOT NULL,
    revision  integer NOT NULL,
    opened_at timestamptz NOT NULL,
    seen_at   timestamptz NOT NULL,
    ends_at   timestamptz NOT NULL,
    CONSTRAINT session_pkey PRIMARY KEY (hash)
);
CREATE INDEX session_principal_idx ON session (principal);
CREATE INDEX session_ends_at_idx ON session (ends_at);
COMMENT ON COLUMN session.hash IS 'SHA-256 of the id, which only the cookie holds';
COMMENT ON COLUMN session.revision IS 'of the admission: a later one ends the session';
COMMENT ON COLUMN session.seen_at IS 'coarsely: once a minute at most';
