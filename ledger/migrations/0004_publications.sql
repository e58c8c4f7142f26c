-- Calendars that were published, plans by which issues moved to another handbook, and what is left
-- for an administrator to do.

-- Facts -------------------------------------------------------------------------------------

CREATE TABLE calendar_version (
    hash        text NOT NULL,
    id          text NOT NULL,
    text        text NOT NULL,
    valid_until date NOT NULL,
    at          timestamptz NOT NULL,
    CONSTRAINT calendar_version_pkey PRIMARY KEY (hash)
);
COMMENT ON COLUMN calendar_version.text IS 'RFC 8785 canonical JSON; hash is its SHA-256';

CREATE TABLE calendar_publication (
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    calendar text NOT NULL,
    hash     text NOT NULL,
    previous text,
    at       timestamptz NOT NULL,
    author   text NOT NULL,
    reason   text NOT NULL,
    CONSTRAINT calendar_publication_pkey PRIMARY KEY (sequence)
);
COMMENT ON COLUMN calendar_publication.previous IS 'the version that was in force before, published or shipped';
CREATE INDEX calendar_publication_newest_idx ON calendar_publication (calendar, sequence);

CREATE TABLE adoption_plan (
    sequence   bigint GENERATED ALWAYS AS IDENTITY,
    zone       text NOT NULL,
    from_terms text[] NOT NULL,
    to_terms   text,
    undoes     bigint,
    author     text NOT NULL,
    approver   text NOT NULL,
    reason     text NOT NULL,
    at         timestamptz NOT NULL,
    CONSTRAINT adoption_plan_pkey PRIMARY KEY (sequence),
    CONSTRAINT adoption_plan_to_check CHECK ((to_terms IS NULL) = (undoes IS NOT NULL))
);
COMMENT ON COLUMN adoption_plan.undoes IS 'the plan whose issues come back, each to the terms it had';

CREATE TABLE adoption_end (
    plan bigint NOT NULL,
    at   timestamptz NOT NULL,
    CONSTRAINT adoption_end_pkey PRIMARY KEY (plan)
);
COMMENT ON TABLE adoption_end IS 'the plans that have been through all their issues';

CREATE TRIGGER calendar_version_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON calendar_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER calendar_publication_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON calendar_publication
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER adoption_plan_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON adoption_plan
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER adoption_end_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON adoption_end
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE calendar_version ENABLE ALWAYS TRIGGER calendar_version_is_append_only;
ALTER TABLE calendar_publication ENABLE ALWAYS TRIGGER calendar_publication_is_append_only;
ALTER TABLE adoption_plan ENABLE ALWAYS TRIGGER adoption_plan_is_append_only;
ALTER TABLE adoption_end ENABLE ALWAYS TRIGGER adoption_end_is_append_only;

-- What an adoption moved is found by the ids of its commands, all of which begin alike.
CREATE INDEX command_adoption_idx ON command (id text_pattern_ops) WHERE id LIKE 'adopt:%';

-- Read from the facts -----------------------------------------------------------------------

CREATE TABLE administrative_task (
    id         text COLLATE "C" NOT NULL,
    kind       text NOT NULL,
    subject    text NOT NULL,
    year       integer NOT NULL,
    raised_at  timestamptz NOT NULL,
    stream     text COLLATE "C" NOT NULL,
    version    integer NOT NULL,
    settled_at timestamptz,
    settled_by bigint,
    CONSTRAINT administrative_task_pkey PRIMARY KEY (id),
    CONSTRAINT administrative_task_settled_check CHECK ((settled_at IS NULL) = (settled_by IS NULL))
);
COMMENT ON COLUMN administrative_task.version IS 'with the stream, the event that raised it';
COMMENT ON COLUMN administrative_task.settled_by IS 'the publication that covers the whole year';

CREATE FUNCTION refuse_all_but_settling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF old.settled_at IS NOT NULL
       OR (new.id, new.kind, new.subject, new.year, new.raised_at, new.stream, new.version)
          IS DISTINCT FROM
          (old.id, old.kind, old.subject, old.year, old.raised_at, old.stream, old.version) THEN
        RAISE EXCEPTION 'UPDATE on administrative_task is refused: a task is settled, once, and nothing else'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN new;
END
$$;
CREATE TRIGGER administrative_task_is_only_settled BEFORE UPDATE ON administrative_task
    FOR EACH ROW EXECUTE FUNCTION refuse_all_but_settling();
CREATE TRIGGER administrative_task_stays BEFORE DELETE OR TRUNCATE ON administrative_task
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Settles what publications cover by now, and returns how many tasks that were. Harmless again: a
-- command and a publication at one moment do not see each other, and the next call finds both.
CREATE FUNCTION ledger_settle_tasks() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    settled integer;
BEGIN
    UPDATE administrative_task t
    SET settled_at = greatest(t.raised_at, covered.at), settled_by = covered.sequence
    FROM (
        SELECT DISTINCT ON (o.id) o.id, p.sequence, p.at
        FROM administrative_task o
        JOIN calendar_publication p ON p.calendar = o.subject
        JOIN calendar_version v ON v.hash = p.hash
        WHERE o.settled_at IS NULL AND o.kind = 'calendar'
          AND v.valid_until >= make_date(o.year, 12, 31)
        ORDER BY o.id, p.sequence
    ) covered
    WHERE t.id = covered.id AND t.settled_at IS NULL;
    GET DIAGNOSTICS settled = ROW_COUNT;
    RETURN settled;
END
$$;

-- Raises the tasks of one command, in its transaction; one that was raised before stays as it is.
CREATE FUNCTION ledger_raise_tasks(
    p_stream text, p_at timestamptz,
    t_id text[], t_kind text[], t_subject text[], t_year integer[], t_version integer[]
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO administrative_task (id, kind, subject, year, raised_at, stream, version)
    SELECT t.id, t.kind, t.subject, t.year, p_at, p_stream, t.version
    FROM unnest(t_id, t_kind, t_subject, t_year, t_version) AS t (id, kind, subject, year, version)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        PERFORM ledger_settle_tasks();
    END IF;
    RETURN true;
END
$$;

-- Publishes a version if the newest publication of its calendar is still p_after (0: there is none);
-- NULL if another came in between. Publications of one calendar wait for each other, so that their
-- sequence is the order in which they can be seen.
CREATE FUNCTION ledger_publish(
    p_hash text, p_calendar text, p_text text, p_valid_until date, p_at timestamptz,
    p_after bigint, p_previous text, p_author text, p_reason text
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    newest bigint;
    published bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(1129268304, hashtext(p_calendar));
    SELECT max(p.sequence) INTO newest FROM calendar_publication p WHERE p.calendar = p_calendar;
    IF coalesce(newest, 0) <> p_after THEN
        RETURN NULL;
    END IF;
    INSERT INTO calendar_version (hash, id, text, valid_until, at)
    VALUES (p_hash, p_calendar, p_text, p_valid_until, p_at) ON CONFLICT DO NOTHING;
    INSERT INTO calendar_publication (calendar, hash, previous, at, author, reason)
    VALUES (p_calendar, p_hash, p_previous, p_at, p_author, p_reason)
    RETURNING sequence INTO published;
    PERFORM ledger_settle_tasks();
    RETURN published;
END
$$;
