-- Supervision orders: their facts are events and commands like an issue's, in the streams
-- `order/<zone>/<key>`; here stands what is read from them.

CREATE TABLE supervision_order (
    stream      text COLLATE "C" NOT NULL,
    zone        text NOT NULL,
    key         text NOT NULL,
    version     integer NOT NULL,
    hash        text NOT NULL,
    terms       text NOT NULL,
    standing    text NOT NULL,
    open        boolean NOT NULL,
    instrument  text NOT NULL,
    unit        text NOT NULL,
    issuer      text NOT NULL,
    issues      text[] NOT NULL,
    issued_at   timestamptz NOT NULL,
    ended_at    timestamptz,
    next_due_at timestamptz,
    due_at      timestamptz,
    news        integer NOT NULL,
    heard       integer NOT NULL,
    snapshot    text NOT NULL,
    CONSTRAINT supervision_order_pkey PRIMARY KEY (stream)
) WITH (fillfactor = 80);
COMMENT ON COLUMN supervision_order.issuer IS 'the post that issued it';
COMMENT ON COLUMN supervision_order.issues IS 'the keys of the issues that it covers, of the same zone';
COMMENT ON COLUMN supervision_order.next_due_at IS 'when the first rung that has not fired is due';
COMMENT ON COLUMN supervision_order.due_at IS 'when the limit to reply ends, passed or not';
COMMENT ON COLUMN supervision_order.news IS 'the version that the workflow must hear of';
COMMENT ON COLUMN supervision_order.heard IS 'the version that the workflow has heard of; below news, a relay owes it a signal';
CREATE INDEX supervision_order_due_idx ON supervision_order (next_due_at)
    WHERE open AND next_due_at IS NOT NULL;
CREATE INDEX supervision_order_news_idx ON supervision_order (stream) WHERE heard < news;
CREATE INDEX supervision_order_unit_idx ON supervision_order (unit, stream);
CREATE INDEX supervision_order_open_idx ON supervision_order (stream) WHERE open;
CREATE INDEX supervision_order_issues_idx ON supervision_order USING gin (issues);

-- As ledger_lock: the order's row, locked, and the command stored under the id, which a repeat that
-- waited for the lock must see; hence two statements.
CREATE FUNCTION ledger_lock_order(
    p_stream text, p_command_id text,
    OUT head_version integer, OUT head_hash text, OUT head_snapshot text,
    OUT id text, OUT stream text, OUT kind text, OUT at timestamptz, OUT actor text, OUT body text,
    OUT hash text, OUT terms text, OUT rules integer, OUT first_version integer,
    OUT count integer, OUT result text
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT o.version, o.hash, o.snapshot INTO head_version, head_hash, head_snapshot
    FROM supervision_order o WHERE o.stream = p_stream FOR UPDATE;
    SELECT c.id, c.stream, c.kind, c.at, c.actor, c.body, c.hash, c.terms, c.rules,
           c.first_version, c.count, c.result
    INTO id, stream, kind, at, actor, body, hash, terms, rules, first_version, count, result
    FROM command c WHERE c.id = p_command_id;
END
$$;

-- Writes the row of an order; false if the stream is not at p_expected_version (0: not there) any
-- more. The facts are written by ledger_append, in the same statement. A workflow that rang hears
-- the answer: p_told.
CREATE FUNCTION ledger_put_order(
    p_expected_version integer, p_told boolean,
    o_stream text, o_zone text, o_key text, o_version integer, o_hash text, o_terms text,
    o_standing text, o_open boolean, o_instrument text, o_unit text, o_issuer text,
    o_issues text[], o_issued_at timestamptz, o_ended_at timestamptz, o_next_due_at timestamptz,
    o_due_at timestamptz, o_snapshot text
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF p_expected_version = 0 THEN
        INSERT INTO supervision_order (stream, zone, key, version, hash, terms, standing, open,
            instrument, unit, issuer, issues, issued_at, ended_at, next_due_at, due_at, news, heard,
            snapshot)
        VALUES (o_stream, o_zone, o_key, o_version, o_hash, o_terms, o_standing, o_open,
            o_instrument, o_unit, o_issuer, o_issues, o_issued_at, o_ended_at, o_next_due_at,
            o_due_at, o_version, 0, o_snapshot);
        RETURN true;
    END IF;
    UPDATE supervision_order SET version = o_version, hash = o_hash, terms = o_terms, standing = o_standing,
        open = o_open, instrument = o_instrument, ended_at = o_ended_at,
        next_due_at = o_next_due_at, due_at = o_due_at, snapshot = o_snapshot, news = o_version,
        heard = CASE WHEN p_told THEN o_version ELSE heard END
    WHERE stream = o_stream AND version = p_expected_version;
    RETURN FOUND;
END
$$;
