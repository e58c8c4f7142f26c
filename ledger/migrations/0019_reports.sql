-- Stored reports, what officers attest of a day, and which routines were done: facts, each of them.

CREATE TABLE report (
    id       text COLLATE "C" NOT NULL,
    number   text COLLATE "C" NOT NULL,
    version  integer NOT NULL,
    kind     text COLLATE "C" NOT NULL,
    zone     text COLLATE "C" NOT NULL,
    from_at  timestamptz NOT NULL,
    to_at    timestamptz NOT NULL,
    from_on  text COLLATE "C" NOT NULL,
    to_on    text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    terms    text NOT NULL,
    body     text NOT NULL,
    sha256   text NOT NULL,
    at       timestamptz NOT NULL,
    author   text NOT NULL,
    reason   text NOT NULL,
    CONSTRAINT report_pkey PRIMARY KEY (id),
    CONSTRAINT report_version_key UNIQUE (number, version),
    CONSTRAINT report_period_key UNIQUE (zone, kind, to_on, version),
    CONSTRAINT report_version_check CHECK (version >= 1),
    CONSTRAINT report_period_check CHECK (from_at < to_at)
);
COMMENT ON COLUMN report.position IS 'events at or below this position are in it';
COMMENT ON COLUMN report.from_on IS 'the first local day of the period, ISO 8601; to_on is the last';
COMMENT ON COLUMN report.body IS 'RFC 8785 canonical JSON; sha256 is of it in UTF-8';
COMMENT ON COLUMN report.reason IS 'why a version corrects the one before it; empty for the first';

CREATE TABLE attestation (
    id             text COLLATE "C" NOT NULL,
    zone           text COLLATE "C" NOT NULL,
    day            text COLLATE "C" NOT NULL,
    post           text COLLATE "C" NOT NULL,
    version        integer NOT NULL,
    no_abnormality boolean NOT NULL,
    text           text NOT NULL,
    limit_at       timestamptz NOT NULL,
    at             timestamptz NOT NULL,
    actor          text NOT NULL,
    CONSTRAINT attestation_pkey PRIMARY KEY (id),
    CONSTRAINT attestation_version_key UNIQUE (zone, day, post, version),
    CONSTRAINT attestation_version_check CHECK (version >= 1)
);
COMMENT ON COLUMN attestation.no_abnormality IS 'the zero report: looked, and nothing was found';
COMMENT ON COLUMN attestation.limit_at IS 'by when it was due; one later than that stays late';

CREATE TABLE routine_run (
    id      text COLLATE "C" NOT NULL,
    zone    text COLLATE "C" NOT NULL,
    routine text COLLATE "C" NOT NULL,
    period  text COLLATE "C" NOT NULL,
    due_at  timestamptz NOT NULL,
    at      timestamptz NOT NULL,
    result  text NOT NULL,
    CONSTRAINT routine_run_pkey PRIMARY KEY (id),
    CONSTRAINT routine_run_period_key UNIQUE (zone, routine, period)
);
COMMENT ON COLUMN routine_run.period IS 'the last local day of the period that the run was for';
COMMENT ON COLUMN routine_run.result IS 'canonical JSON: what the run came to';
CREATE INDEX routine_run_zone_idx ON routine_run (zone, at DESC, id DESC);

-- What was recorded in a day or a week is found without reading all events.
CREATE INDEX event_at_idx ON event USING brin (at) WITH (pages_per_range = 32);

DO $$
DECLARE
    fact text;
BEGIN
    FOREACH fact IN ARRAY ARRAY['report', 'attestation', 'routine_run'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                       fact || '_is_append_only', fact);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', fact, fact || '_is_append_only');
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %I
                        FOR EACH ROW EXECUTE FUNCTION log_fact(''id'')',
                       fact || '_is_logged', fact);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', fact, fact || '_is_logged');
    END LOOP;
END
$$;
