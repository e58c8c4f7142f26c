-- What titles hold, so that a search reads those that may fit and no others.

-- Every character of a title and every two that stand together, A to Z like a to z; twice what comes
-- twice, for the index keeps it once. `title_parts` of ledger/titles.py gives those of a search.
CREATE FUNCTION title_parts(p_title text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    signs text[] := string_to_array(lower(p_title COLLATE "C"), NULL);
    parts text[] := signs;
BEGIN
    FOR n IN 1 .. cardinality(signs) - 1 LOOP
        parts := parts || (signs[n] || signs[n + 1]);
    END LOOP;
    RETURN parts;
END $$;

-- A table of its own: every command writes the issue's row anew, and would write this index with it,
-- though a title never changes. Issues from before are read in by `migrate`, batch by batch.
CREATE TABLE issue_title (
    stream text COLLATE "C" NOT NULL,
    parts  text[] COLLATE "C" NOT NULL,
    CONSTRAINT issue_title_pkey PRIMARY KEY (stream)
);
COMMENT ON TABLE issue_title IS 'what titles hold, to search by; to build it anew, empty it and migrate';
COMMENT ON COLUMN issue_title.parts IS 'characters and pairs of neighbours, by title_parts';
CREATE INDEX issue_title_parts_idx ON issue_title USING gin (parts)
    WITH (gin_pending_list_limit = 512);

-- As the owner: a program that knows nothing of this table yet goes on reporting issues, and nobody
-- else has to write here.
CREATE FUNCTION keep_title_parts() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO issue_title AS t (stream, parts) VALUES (NEW.stream, title_parts(NEW.title))
    ON CONFLICT ON CONSTRAINT issue_title_pkey DO UPDATE SET parts = excluded.parts;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION keep_title_parts() FROM PUBLIC;

CREATE TRIGGER issue_keeps_title_parts AFTER INSERT ON issue
    FOR EACH ROW EXECUTE FUNCTION keep_title_parts();
CREATE TRIGGER issue_keeps_changed_title_parts AFTER UPDATE OF title ON issue
    FOR EACH ROW WHEN (OLD.title IS DISTINCT FROM NEW.title) EXECUTE FUNCTION keep_title_parts();
