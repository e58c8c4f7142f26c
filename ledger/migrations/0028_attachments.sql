-- Files that were uploaded for issues. No facts: the events that name one have its hash, size, type
-- and name for good; this says where its bytes are, whether they still are, and who holds them back.

CREATE TABLE attachment (
    stream      text COLLATE "C" NOT NULL,
    sha256      text COLLATE "C" NOT NULL,
    zone        text COLLATE "C" NOT NULL,
    size        bigint NOT NULL,
    media_type  text NOT NULL,
    name        text NOT NULL,
    sealed_name text,
    subject     text COLLATE "C",
    key_id      text,
    place       text COLLATE "C" NOT NULL,
    state       text NOT NULL,
    uploaded_by text COLLATE "C" NOT NULL,
    uploaded_at timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL,
    held_at     timestamptz,
    held_by     text,
    hold_reason text,
    CONSTRAINT attachment_pkey PRIMARY KEY (stream, sha256),
    CONSTRAINT attachment_state_check
        CHECK (state IN ('storing', 'kept', 'infected', 'destroying', 'destroyed')),
    CONSTRAINT attachment_held_check CHECK (held_at IS NULL OR state = 'kept')
);
COMMENT ON TABLE attachment IS 'files uploaded for issues, each by the hash that events name it by';
COMMENT ON COLUMN attachment.sha256 IS 'of the bytes as they were uploaded, before any sealing';
COMMENT ON COLUMN attachment.sealed_name IS 'what its owner called it, where it is about a person';
COMMENT ON COLUMN attachment.subject IS 'whose key seals it; NULL: it is kept as it came';
COMMENT ON COLUMN attachment.place IS 'what the store calls it';
COMMENT ON COLUMN attachment.held_at IS 'since when a legal hold forbids to destroy it';
CREATE INDEX attachment_subject_idx ON attachment (subject) WHERE subject IS NOT NULL;
