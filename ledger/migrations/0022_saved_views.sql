-- Views of lists that people saved: no facts, they are replaced and forgotten.

CREATE TABLE saved_view (
    principal text COLLATE "C" NOT NULL,
    zone      text COLLATE "C" NOT NULL,
    name      text COLLATE "C" NOT NULL,
    query     text NOT NULL,
    kept_at   timestamptz NOT NULL,
    place     integer NOT NULL,
    CONSTRAINT saved_view_pkey PRIMARY KEY (principal, zone, name),
    CONSTRAINT saved_view_place_key UNIQUE (principal, zone, place)
);
COMMENT ON COLUMN saved_view.query IS 'what stands in the address behind the question mark';
COMMENT ON COLUMN saved_view.place IS 'from 1: there are as many places as one may have views in a zone';
