-- How many open issues each version of the terms judges, without looking at the issues: equal rows
-- of this index take the place of one.
CREATE INDEX issue_terms_idx ON issue (zone, terms, owner) WHERE open;

-- It answers alone where pages are known to be visible to all. Few of very many issues are open and
-- move: by the usual fifth of the table it would be cleaned far too late.
ALTER TABLE issue SET (autovacuum_vacuum_scale_factor = 0.02);
