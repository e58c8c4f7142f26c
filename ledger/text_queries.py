"""The SQL of texts that are compared. Columns stand in the order of the fields they go into."""

from typing import Final

FIRST_COMMAND: Final = """
SELECT id, stream, kind, at, actor, body, hash, terms, rules, first_version, count, result
FROM command WHERE stream = $1 ORDER BY sequence LIMIT 1
"""
COMMAND: Final = """
SELECT id, stream, kind, at, actor, body, hash, terms, rules, first_version, count, result
FROM command WHERE stream = $1 AND id = $2
"""
PUT_TEXTS: Final = """
INSERT INTO issue_text AS t (stream, zone, reported_at, plain, bigrams)
SELECT n.stream, n.zone, n.reported_at, n.plain, string_to_array(n.pairs, E'\\n')
FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[])
    AS n (stream, zone, reported_at, plain, pairs)
ON CONFLICT ON CONSTRAINT issue_text_pkey DO UPDATE SET plain = excluded.plain,
    bigrams = excluded.bigrams
WHERE t.bigrams IS NULL
"""
UNREAD_REPORTS: Final = """
SELECT e.stream, e.version, e.kind, e.at, e.occurred_at, e.command_id, e.command_hash, e.terms,
       e.rules, e.text, e.previous, e.hash
FROM issue_text t JOIN event e ON e.stream = t.stream AND e.version = 1
WHERE t.bigrams IS NULL AND t.zone = $1 AND t.stream > $2 ORDER BY t.stream LIMIT $3
"""
# One look into the index for each pair: OFFSET keeps it so, where a generic plan would read all.
LIKE: Final = """
SELECT found.stream, found.shared, t.plain, i.title, i.enterprise, i.category, i.phase, i.outcome,
       found.reported_at
FROM (
    SELECT its.stream, its.reported_at, count(*)::integer AS shared
    FROM unnest($2::text[]) AS asked (pair) CROSS JOIN LATERAL (
        SELECT t.stream, t.reported_at FROM issue_text t
        WHERE t.bigrams @> ARRAY[asked.pair] AND t.zone = $1 AND t.reported_at >= $3 OFFSET 0
    ) AS its
    GROUP BY its.stream, its.reported_at
    ORDER BY shared DESC, its.reported_at DESC, its.stream LIMIT $4
) AS found
JOIN issue_text t ON t.stream = found.stream JOIN issue i ON i.stream = found.stream
ORDER BY found.shared DESC, found.reported_at DESC, found.stream
"""
JUDGED: Final = """
SELECT method, same, count(*)::integer
FROM (
    SELECT DISTINCT ON (e.stream, suggested, method)
           text::json #>> '{body,suggested}' AS suggested,
           text::json #>> '{body,method}' AS method,
           (text::json #>> '{body,same}')::boolean AS same
    FROM event e WHERE kind = 'suggestion_judged' AND starts_with(stream, $1 || '/')
    ORDER BY e.stream, suggested, method, e.version DESC
) AS last
GROUP BY 1, 2 ORDER BY 1, 2
"""
