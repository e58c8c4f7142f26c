"""The SQL of exports. Columns stand in the order of the fields they are read into."""

from typing import Final

# `l` is the last event up to the position, `n` the next: if one command has both, none of its
# events is taken.
_AT: Final = """
SELECT s.stream,
       coalesce(CASE WHEN n.command_id = l.command_id
                     THEN (SELECT max(b.version) FROM event b WHERE b.stream = s.stream
                           AND b.version < l.version AND b.command_id <> l.command_id)
                     ELSE l.version END, 0),
       coalesce(i.version, o.version, m.version), i.category, i.open, i.reported_at,
       coalesce(o.issues, m.issues, '{}')
FROM s
LEFT JOIN LATERAL (SELECT v.version, v.command_id FROM event v
                   WHERE v.stream = s.stream AND v.position <= $1
                   ORDER BY v.version DESC LIMIT 1) l ON true
LEFT JOIN event n ON n.stream = s.stream AND n.version = l.version + 1
LEFT JOIN issue i ON i.stream = s.stream
LEFT JOIN supervision_order o ON o.stream = s.stream
LEFT JOIN matter m ON m.stream = s.stream
ORDER BY s.stream
"""
STREAMS_BETWEEN: Final = f"""
WITH s AS MATERIALIZED (
    SELECT DISTINCT stream FROM event WHERE stream > $2 AND stream < $3 ORDER BY stream LIMIT $4
)
{_AT}
"""  # noqa: S608  # built of constants
STREAMS_NAMED: Final = f"""
WITH s AS MATERIALIZED (
    SELECT n.stream FROM unnest($2::text[]) AS n (stream)
    WHERE EXISTS (SELECT FROM event v WHERE v.stream = n.stream)
)
{_AT}
"""  # noqa: S608  # as above
EVENTS_UP_TO: Final = """
SELECT e.position, e.stream, e.version, e.kind, e.at, e.occurred_at, e.command_id, e.command_hash,
       e.terms, e.rules, e.text, e.previous, e.hash
FROM unnest($1::text[], $2::integer[]) AS s (stream, version)
JOIN event e ON e.stream = s.stream AND e.version <= s.version
ORDER BY e.stream, e.version
"""
COMMANDS_OF: Final = """
SELECT id, stream, kind, at, actor, body, hash, terms, rules, first_version, count, result
FROM command WHERE stream = ANY ($1) ORDER BY stream, sequence
"""
STREAM_COUNT: Final = """
SELECT (SELECT count(*) FROM issue WHERE $1::text IS NULL OR zone = $1)
     + (SELECT count(*) FROM supervision_order WHERE $1::text IS NULL OR zone = $1)
     + (SELECT count(*) FROM matter WHERE $1::text IS NULL OR zone = $1)
"""
