-- How people were told: receipts are facts, one for each thing that is known of a notice in a
-- channel; what was said, word for word; operators' templates. Beside them what waits to go out.

CREATE TABLE notice_content (
    hash text COLLATE "C" NOT NULL,
    text text NOT NULL,
    at   timestamptz NOT NULL,
    CONSTRAINT notice_content_pkey PRIMARY KEY (hash)
);
COMMENT ON COLUMN notice_content.hash IS 'SHA-256 of the text in UTF-8, in hex';

CREATE TABLE notice_receipt (
    id        text COLLATE "C" NOT NULL,
    stream    text COLLATE "C" NOT NULL,
    notice    text COLLATE "C" NOT NULL,
    zone      text NOT NULL,
    addressee text NOT NULL,
    channel   text NOT NULL,
    address   text NOT NULL,
    what      text NOT NULL,
    at        timestamptz NOT NULL,
    content   text NOT NULL,
    template  text NOT NULL,
    code      text NOT NULL,
    bundle    text NOT NULL,
    until_at  timestamptz NOT NULL,
    final     boolean NOT NULL,
    by        text NOT NULL,
    tries     integer NOT NULL,
    CONSTRAINT notice_receipt_pkey PRIMARY KEY (id),
    CONSTRAINT notice_receipt_what_check
        CHECK (what IN ('sent', 'delivered', 'read', 'failed', 'held', 'bundled'))
);
COMMENT ON COLUMN notice_receipt.address IS 'a fingerprint: addresses and secrets are never here';
COMMENT ON COLUMN notice_receipt.tries IS 'of a failure, how often it was tried at least: not every try has a row';
COMMENT ON COLUMN notice_receipt.until_at IS 'when what is held may go; the instant itself for all else';
CREATE INDEX notice_receipt_stream_idx ON notice_receipt (stream, at);
CREATE INDEX notice_receipt_notice_idx ON notice_receipt (notice, at);
CREATE INDEX notice_receipt_address_idx ON notice_receipt (address, at)
    WHERE what IN ('sent', 'delivered') AND channel <> 'inbox';
CREATE INDEX notice_receipt_inbox_idx ON notice_receipt (zone, addressee, at, id)
    WHERE channel = 'inbox' AND what = 'delivered';

CREATE TABLE notice_template (
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    kind     text COLLATE "C" NOT NULL,
    channel  text COLLATE "C" NOT NULL,
    language text COLLATE "C" NOT NULL,
    subject  text NOT NULL,
    body     text NOT NULL,
    html     text NOT NULL,
    author   text NOT NULL,
    at       timestamptz NOT NULL,
    CONSTRAINT notice_template_pkey PRIMARY KEY (sequence)
);
CREATE INDEX notice_template_kind_idx ON notice_template (kind, channel, language, sequence);

-- What waits for the end of quiet hours or of a storm's window. Not a fact: the receipts are.
CREATE TABLE notice_hold (
    notice         text COLLATE "C" NOT NULL,
    channel        text COLLATE "C" NOT NULL,
    address        text COLLATE "C" NOT NULL,
    until_at       timestamptz NOT NULL,
    attempts       integer NOT NULL,
    code           text NOT NULL,
    bundle         text COLLATE "C" NOT NULL,
    taken_until_at timestamptz NOT NULL,
    CONSTRAINT notice_hold_pkey PRIMARY KEY (notice, channel, address)
);
COMMENT ON COLUMN notice_hold.bundle IS 'the message it goes out in, fixed before it is sent the first time';
COMMENT ON COLUMN notice_hold.taken_until_at IS 'until when its taker keeps it, and what shows that he is its taker still';
CREATE INDEX notice_hold_bundle_idx ON notice_hold (bundle) WHERE bundle <> '';
CREATE INDEX notice_hold_until_idx ON notice_hold (until_at);
CREATE INDEX notice_hold_address_idx ON notice_hold (channel, address, until_at);

CREATE TRIGGER notice_content_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON notice_content
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER notice_receipt_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON notice_receipt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER notice_template_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON notice_template
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER notice_content_is_logged AFTER INSERT ON notice_content
    FOR EACH ROW EXECUTE FUNCTION log_fact('hash');
CREATE TRIGGER notice_receipt_is_logged AFTER INSERT ON notice_receipt
    FOR EACH ROW EXECUTE FUNCTION log_fact('id');
CREATE TRIGGER notice_template_is_logged AFTER INSERT ON notice_template
    FOR EACH ROW EXECUTE FUNCTION log_fact('sequence');
ALTER TABLE notice_content ENABLE ALWAYS TRIGGER notice_content_is_append_only;
ALTER TABLE notice_receipt ENABLE ALWAYS TRIGGER notice_receipt_is_append_only;
ALTER TABLE notice_template ENABLE ALWAYS TRIGGER notice_template_is_append_only;
ALTER TABLE notice_content ENABLE ALWAYS TRIGGER notice_content_is_logged;
ALTER TABLE notice_receipt ENABLE ALWAYS TRIGGER notice_receipt_is_logged;
ALTER TABLE notice_template ENABLE ALWAYS TRIGGER notice_template_is_logged;
