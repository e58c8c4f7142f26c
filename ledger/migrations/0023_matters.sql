-- Matters: their facts are events and commands like an issue's, in the streams
-- `matter/<zone>/<key>`; here stands what is read from them.

CREATE TABLE matter (
    stream      text COLLATE "C" NOT NULL,
    zone        text NOT NULL,
    key         text NOT NULL,
    version     integer NOT NULL,
    hash        text NOT NULL,
    terms       text NOT NULL,
    aggregate   text NOT NULL,
    procedure   text NOT NULL,
    open        boolean NOT NULL,
    stage       text,
    post        text NOT NULL,
    enterprises text[] NOT NULL,
    issues      text[] NOT NULL,
    opened_at   timestamptz NOT NULL,
    closed_at   timestamptz,
    next_due_at timestamptz,
    news        integer NOT NULL,
    heard       integer NOT NULL,
    snapshot    text NOT NULL,
    CONSTRAINT matter_pkey PRIMARY KEY (stream)
) WITH (fillfactor = 80);
COMMENT ON COLUMN matter.procedure IS 'the procedure of the handbook''s by which it is kept';
COMMENT ON COLUMN matter.stage IS 'how it stands in its procedure''s own words';
COMMENT ON COLUMN matter.post IS 'the post that is accountable for it';
COMMENT ON COLUMN matter.enterprises IS 'the enterprises that it concerns; matter_party finds by them';
COMMENT ON COLUMN matter.issues IS 'the keys of the issues that hang together with it, of the same zone';
COMMENT ON COLUMN matter.next_due_at IS 'the first instant that it waits for';
COMMENT ON COLUMN matter.news IS 'the version that the workflow must hear of';
COMMENT ON COLUMN matter.heard IS 'the version that the workflow has heard of; below news, a relay owes it a signal';
CREATE INDEX matter_due_idx ON matter (next_due_at) WHERE open AND next_due_at IS NOT NULL;
CREATE INDEX matter_news_idx ON matter (stream) WHERE heard < news;
CREATE INDEX matter_procedure_idx ON matter (zone, procedure, stream);
CREATE INDEX matter_open_idx ON matter (stream) WHERE open;
CREATE INDEX matter_issues_idx ON matter USING gin (issues);

CREATE TABLE matter_party (
    zone       text NOT NULL,
    enterprise text NOT NULL,
    stream     text COLLATE "C" NOT NULL,
    CONSTRAINT matter_party_pkey PRIMARY KEY (zone, enterprise, stream)
);
COMMENT ON TABLE matter_party IS 'which matters concern an enterprise: written with the row of the matter';
CREATE INDEX matter_party_stream_idx ON matter_party (stream);

-- As ledger_lock_order.
CREATE FUNCTION ledger_lock_matter(
    p_stream text, p_command_id text,
    OUT head_version integer, OUT head_hash text, OUT head_snapshot text,
    OUT id text, OUT stream text, OUT kind text, OUT at timestamptz, OUT actor text, OUT body text,
    OUT hash text, OUT terms text, OUT rules integer, OUT first_version integer,
    OUT count integer, OUT result text
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT m.version, m.hash, m.snapshot INTO head_version, head_hash, head_snapshot
    FROM matter m WHERE m.stream = p_stream FOR UPDATE;
    SELECT c.id, c.stream, c.kind, c.at, c.actor, c.body, c.hash, c.terms, c.rules,
           c.first_version, c.count, c.result
    INTO id, stream, kind, at, actor, body, hash, terms, rules, first_version, count, result
    FROM command c WHERE c.id = p_command_id;
END
$$;

-- Writes the row of a matter; false if the stream is not at p_expected_version (0: not there) any
-- more. The facts are written by ledger_append, in the same statement. A workflow that rang hears
-- the answer: p_told.
CREATE FUNCTION ledger_put_matter(
    p_expected_version integer, p_told boolean,
    m_stream text, m_zone text, m_key text, m_version integer, m_hash text, m_terms text,
    m_aggregate text, m_procedure text, m_open boolean, m_stage text, m_post text,
    m_enterprises text[], m_issues text[], m_opened_at timestamptz, m_closed_at timestamptz,
    m_next_due_at timestamptz, m_snapshot text
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    known text[] := '{}';
BEGIN
    IF p_expected_version = 0 THEN
        INSERT INTO matter (stream, zone, key, version, hash, terms, aggregate, procedure, open,
            stage, post, enterprises, issues, opened_at, closed_at, next_due_at, news, heard,
            snapshot)
        VALUES (m_stream, m_zone, m_key, m_version, m_hash, m_terms, m_aggregate, m_procedure,
            m_open, m_stage, m_post, m_enterprises, m_issues, m_opened_at, m_closed_at,
            m_next_due_at, m_version, 0, m_snapshot);
    ELSE
        SELECT m.enterprises INTO known FROM matter m WHERE m.stream = m_stream;
        UPDATE matter SET version = m_version, hash = m_hash, terms = m_terms, open = m_open,
            stage = m_stage, post = m_post, enterprises = m_enterprises, issues = m_issues,
            closed_at = m_closed_at, next_due_at = m_next_due_at,
            snapshot = m_snapshot, news = m_version,
            heard = CASE WHEN p_told THEN m_version ELSE heard END
        WHERE stream = m_stream AND version = p_expected_version;
        IF NOT FOUND THEN
            RETURN false;
        END IF;
    END IF;
    IF known IS DISTINCT FROM m_enterprises THEN
        DELETE FROM matter_party p WHERE p.stream = m_stream AND p.enterprise <> ALL (m_enterprises);
        INSERT INTO matter_party (zone, enterprise, stream)
        SELECT DISTINCT m_zone, e, m_stream FROM unnest(m_enterprises) AS e
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN true;
END
$$;
