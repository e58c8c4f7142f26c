-- What boards and dashboards count: a narrow row of each open issue, and when issues made news.

-- What is counted by stands first: a row is read up to there. A row goes with its issue's close-out. `ledger_put_board` writes it with every command; rows of a
-- ledger from before are written by `migrate` itself, which reads calendars as no SQL can.
CREATE TABLE issue_board (
    version     integer NOT NULL,
    tier        integer NOT NULL,
    reported_at timestamptz NOT NULL,
    yellow_at   timestamptz,
    red_at      timestamptz,
    zone        text COLLATE "C" NOT NULL,
    phase       text COLLATE "C" NOT NULL,
    holder_kind text COLLATE "C" NOT NULL,
    holder      text COLLATE "C" NOT NULL,
    grid        text COLLATE "C",
    category    text COLLATE "C" NOT NULL,
    enterprise  text COLLATE "C" NOT NULL,
    owner       text COLLATE "C" NOT NULL,
    handler     text COLLATE "C" NOT NULL,
    parts       text[] COLLATE "C" NOT NULL,
    priority    text COLLATE "C" NOT NULL,
    stream      text COLLATE "C" NOT NULL,
    number      text,
    title       text NOT NULL,
    CONSTRAINT issue_board_pkey PRIMARY KEY (stream)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON COLUMN issue_board.version IS 'of the issue, when the row was written';
COMMENT ON COLUMN issue_board.holder IS 'who has the work: a unit, or a post without one';
COMMENT ON COLUMN issue_board.grid IS 'where its enterprise stands, by the terms of the issue';
COMMENT ON COLUMN issue_board.yellow_at IS 'when its light turns yellow; NULL while nothing runs';
COMMENT ON COLUMN issue_board.red_at IS 'when its light turns red; NULL while nothing runs';
COMMENT ON COLUMN issue_board.parts IS 'of issue.hands what its joint team adds';

-- The worst first: red longest, then red soonest, and at the end what has nothing to run out.
CREATE INDEX issue_board_worst_idx
    ON issue_board (zone, coalesce(red_at, 'infinity'), stream);
CREATE INDEX issue_board_phase_idx
    ON issue_board (zone, phase, coalesce(red_at, 'infinity'), stream);
CREATE INDEX issue_board_tier_idx
    ON issue_board (zone, tier, coalesce(red_at, 'infinity'), stream);

-- What happened to issues, newest first, without looking at any other event.
CREATE INDEX event_escalated_idx ON event (at, stream) WHERE kind = 'issue_escalated';
CREATE INDEX event_rejected_idx ON event (at, stream) WHERE kind = 'resolution_rejected';
CREATE INDEX event_lapsed_idx ON event (at, stream) WHERE kind = 'sign_off_lapsed';

-- Has an issue's row stand as its last command left it; without a version none stands any more. In
-- the transaction of the command, which holds the issue's own row.
CREATE FUNCTION ledger_put_board(
    p_stream text, p_zone text, p_version integer, p_number text, p_title text, p_enterprise text,
    p_category text, p_priority text, p_phase text, p_tier integer, p_owner text, p_handler text,
    p_holder_kind text, p_holder text, p_grid text, p_reported_at timestamptz,
    p_yellow_at timestamptz, p_red_at timestamptz, p_parts text[]
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF p_version IS NULL THEN
        DELETE FROM issue_board WHERE stream = p_stream;
        RETURN true;
    END IF;
    UPDATE issue_board SET zone = p_zone, version = p_version, number = p_number, title = p_title,
        enterprise = p_enterprise, category = p_category, priority = p_priority, phase = p_phase,
        tier = p_tier, owner = p_owner, handler = p_handler, holder_kind = p_holder_kind,
        holder = p_holder, grid = p_grid, reported_at = p_reported_at, yellow_at = p_yellow_at,
        red_at = p_red_at, parts = p_parts
    WHERE stream = p_stream;
    IF NOT FOUND THEN
        INSERT INTO issue_board (stream, zone, version, number, title, enterprise, category, priority,
            phase, tier, owner, handler, holder_kind, holder, grid, reported_at, yellow_at, red_at,
            parts)
        VALUES (p_stream, p_zone, p_version, p_number, p_title, p_enterprise, p_category, p_priority,
            p_phase, p_tier, p_owner, p_handler, p_holder_kind, p_holder, p_grid, p_reported_at,
            p_yellow_at, p_red_at, p_parts);
    END IF;
    RETURN true;
END
$$;
