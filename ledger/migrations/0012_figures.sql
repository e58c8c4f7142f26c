-- Published figures: by which definition, up to which position, and the very digits.

CREATE TABLE figure (
    sequence   bigint GENERATED ALWAYS AS IDENTITY,
    definition text NOT NULL,
    revision   integer NOT NULL,
    scope      text NOT NULL,
    from_at    timestamptz NOT NULL,
    to_at      timestamptz NOT NULL,
    horizon    bigint NOT NULL,
    digits     text NOT NULL,
    restates   bigint,
    at         timestamptz NOT NULL,
    author     text NOT NULL,
    reason     text NOT NULL,
    CONSTRAINT figure_pkey PRIMARY KEY (sequence),
    CONSTRAINT figure_restates_key UNIQUE (restates),
    CONSTRAINT figure_period_check CHECK (from_at < to_at)
);
COMMENT ON COLUMN figure.scope IS 'a zone, or zone/unit';
COMMENT ON COLUMN figure.horizon IS 'events at or below this position were counted';
COMMENT ON COLUMN figure.digits IS 'RFC 8785 canonical JSON: the figures and what each issue gave to them';
COMMENT ON COLUMN figure.restates IS 'the publication that this one corrects';
CREATE INDEX figure_subject_idx ON figure (definition, scope, from_at, to_at, sequence);
-- Published once; whatever comes after it says that it corrects.
CREATE UNIQUE INDEX figure_published_once_idx ON figure (definition, scope, from_at, to_at)
    WHERE restates IS NULL;
CREATE TRIGGER figure_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON figure
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE figure ENABLE ALWAYS TRIGGER figure_is_append_only;
CREATE TRIGGER figure_is_logged AFTER INSERT ON figure
    FOR EACH ROW EXECUTE FUNCTION log_fact('sequence');
