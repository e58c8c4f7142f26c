-- Webhooks: what happened to subscriptions and which events could not be sent are facts; how far a
-- subscription has come is not.

CREATE TABLE webhook (
    id       text COLLATE "C" NOT NULL,
    webhook  text COLLATE "C" NOT NULL,
    revision integer NOT NULL,
    kind     text NOT NULL,
    body     text NOT NULL,
    at       timestamptz NOT NULL,
    by       text NOT NULL,
    CONSTRAINT webhook_pkey PRIMARY KEY (id),
    CONSTRAINT webhook_is_of_its_revision CHECK (id = webhook || '#' || revision)
);
CREATE INDEX webhook_revision_idx ON webhook (webhook, revision);
COMMENT ON COLUMN webhook.kind IS 'created, rotated, renewed, paused, resumed, removed';
COMMENT ON COLUMN webhook.body IS 'canonical JSON; a secret in it is sealed with a key outside';
CREATE TRIGGER webhook_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON webhook
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE webhook ENABLE ALWAYS TRIGGER webhook_is_append_only;
CREATE TRIGGER webhook_is_logged AFTER INSERT ON webhook
    FOR EACH ROW EXECUTE FUNCTION log_fact('id');
ALTER TABLE webhook ENABLE ALWAYS TRIGGER webhook_is_logged;

CREATE TABLE dead_letter (
    id       text COLLATE "C" NOT NULL,
    webhook  text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    revision integer NOT NULL,
    stream   text COLLATE "C" NOT NULL,
    kind     text NOT NULL,
    reason   text NOT NULL,
    at       timestamptz NOT NULL,
    by       text NOT NULL,
    CONSTRAINT dead_letter_pkey PRIMARY KEY (id),
    CONSTRAINT dead_letter_is_of_its_revision
        CHECK (id = webhook || '@' || position || '#' || revision)
);
CREATE INDEX dead_letter_revision_idx ON dead_letter (webhook, position, revision DESC);
COMMENT ON TABLE dead_letter IS 'the newest row of an event says whether it lies there';
COMMENT ON COLUMN dead_letter.kind IS 'buried, replayed';
CREATE TRIGGER dead_letter_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON dead_letter
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE dead_letter ENABLE ALWAYS TRIGGER dead_letter_is_append_only;
CREATE TRIGGER dead_letter_is_logged AFTER INSERT ON dead_letter
    FOR EACH ROW EXECUTE FUNCTION log_fact('id');
ALTER TABLE dead_letter ENABLE ALWAYS TRIGGER dead_letter_is_logged;

CREATE TABLE webhook_delivery (
    webhook  text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    heard    bigint NOT NULL,
    CONSTRAINT webhook_delivery_pkey PRIMARY KEY (webhook)
);
COMMENT ON COLUMN webhook_delivery.position IS 'every event up to here was looked at';
COMMENT ON COLUMN webhook_delivery.heard IS 'the workflow was told of events up to here; -1: tell it';

CREATE TABLE webhook_pending (
    webhook  text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    stream   text COLLATE "C" NOT NULL,
    CONSTRAINT webhook_pending_pkey PRIMARY KEY (webhook, position)
);
CREATE INDEX webhook_pending_stream_idx ON webhook_pending (webhook, stream, position);
COMMENT ON TABLE webhook_pending IS 'events that were looked at and are still to be sent';
