-- Handbooks that were published: each whole, by two persons, on top of the one that was in force.

CREATE TABLE handbook_version (
    hash text NOT NULL,
    zone text COLLATE "C" NOT NULL,
    text text NOT NULL,
    at   timestamptz NOT NULL,
    CONSTRAINT handbook_version_pkey PRIMARY KEY (hash)
);
COMMENT ON COLUMN handbook_version.text IS 'RFC 8785 canonical JSON; hash is its SHA-256';

CREATE TABLE handbook_publication (
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    zone     text COLLATE "C" NOT NULL,
    hash     text NOT NULL,
    previous text,
    at       timestamptz NOT NULL,
    author   text NOT NULL,
    approver text NOT NULL,
    reason   text NOT NULL,
    CONSTRAINT handbook_publication_pkey PRIMARY KEY (sequence)
);
COMMENT ON COLUMN handbook_publication.previous IS
    'the handbook that was in force before, published or shipped; NULL for a new zone';
CREATE INDEX handbook_publication_newest_idx ON handbook_publication (zone, sequence);

CREATE TRIGGER handbook_version_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON handbook_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER handbook_publication_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON handbook_publication
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE handbook_version ENABLE ALWAYS TRIGGER handbook_version_is_append_only;
ALTER TABLE handbook_publication ENABLE ALWAYS TRIGGER handbook_publication_is_append_only;

-- Publishes a handbook if the newest publication of its zone is still p_after (0: there is none);
-- NULL if another came in between. Publications of one zone wait for each other, so that their
-- sequence is the order in which they can be seen.
CREATE FUNCTION ledger_publish_handbook(
    p_hash text, p_zone text, p_text text, p_at timestamptz,
    p_after bigint, p_previous text, p_author text, p_approver text, p_reason text
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    newest bigint;
    published bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(1129268305, hashtext(p_zone));
    SELECT max(p.sequence) INTO newest FROM handbook_publication p WHERE p.zone = p_zone;
    IF coalesce(newest, 0) <> p_after THEN
        RETURN NULL;
    END IF;
    INSERT INTO handbook_version (hash, zone, text, at)
    VALUES (p_hash, p_zone, p_text, p_at) ON CONFLICT DO NOTHING;
    INSERT INTO handbook_publication (zone, hash, previous, at, author, approver, reason)
    VALUES (p_zone, p_hash, p_previous, p_at, p_author, p_approver, p_reason)
    RETURNING sequence INTO published;
    RETURN published;
END
$$;
