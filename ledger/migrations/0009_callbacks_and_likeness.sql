-- Draws of closed issues for callbacks, and the texts by which like issues are found.

-- Facts -------------------------------------------------------------------------------------

CREATE TABLE callback_draw (
    id              text COLLATE "C" NOT NULL,
    zone            text COLLATE "C" NOT NULL,
    seed            text NOT NULL,
    from_at         timestamptz NOT NULL,
    to_at           timestamptz NOT NULL,
    horizon         bigint NOT NULL,
    percent         integer NOT NULL,
    at_least        integer NOT NULL,
    population      integer NOT NULL,
    population_hash text NOT NULL,
    drawn           integer NOT NULL,
    method          text NOT NULL,
    drawn_at        timestamptz NOT NULL,
    actor           text NOT NULL,
    CONSTRAINT callback_draw_pkey PRIMARY KEY (id),
    CONSTRAINT callback_draw_drawn_check CHECK (drawn BETWEEN 0 AND population)
);
COMMENT ON COLUMN callback_draw.horizon IS 'close-outs at or below this position take part';
COMMENT ON COLUMN callback_draw.population_hash IS 'SHA-256 of the canonical list of stream and version';
CREATE INDEX callback_draw_zone_idx ON callback_draw (zone, drawn_at);

CREATE TRIGGER callback_draw_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON callback_draw
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE callback_draw ENABLE ALWAYS TRIGGER callback_draw_is_append_only;

CREATE INDEX event_closed_out_idx ON event (at) WHERE kind = 'issue_closed_out';
CREATE INDEX event_drawn_idx ON event (stream) WHERE kind = 'callback_drawn';
CREATE INDEX event_judged_idx ON event (stream) WHERE kind = 'suggestion_judged';

-- Read from the facts -----------------------------------------------------------------------

CREATE TABLE issue_text (
    stream      text COLLATE "C" NOT NULL,
    zone        text NOT NULL,
    reported_at timestamptz NOT NULL,
    plain       text,
    bigrams     text[] COLLATE "C",
    CONSTRAINT issue_text_pkey PRIMARY KEY (stream)
);
COMMENT ON TABLE issue_text IS 'what reports tell, to find like ones; to build it anew, empty it and insert as below';
COMMENT ON COLUMN issue_text.bigrams IS 'NULL: a report from before, read when it is first looked for';
CREATE INDEX issue_text_bigrams_idx ON issue_text USING gin (bigrams);
CREATE INDEX issue_text_unread_idx ON issue_text (zone, stream) WHERE bigrams IS NULL;
INSERT INTO issue_text (stream, zone, reported_at) SELECT stream, zone, reported_at FROM issue;
