"""The SQL of figures. Columns stand in the order of the fields they are read into."""

from typing import Final

_COLUMNS: Final = """definition, revision, scope, from_at, to_at, horizon, digits, restates, at,
       author, reason"""
# $4 is the first name behind all streams of the zone.
PREFIX: Final = """
SELECT position, stream, version, kind, at, occurred_at, command_id, command_hash, terms, rules,
       text, previous, hash
FROM event WHERE (stream, version) > ($1, $2) AND stream < $4 AND position <= $3
ORDER BY stream, version LIMIT $5
"""
PUT_FIGURE: Final = f"""
INSERT INTO figure ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT DO NOTHING RETURNING sequence
"""  # noqa: S608  # built of constants
FIGURE: Final = f"SELECT sequence, {_COLUMNS} FROM figure WHERE sequence = $1"  # noqa: S608  # as above
NEWEST_FIGURE: Final = f"""
SELECT sequence, {_COLUMNS} FROM figure
WHERE definition = $1 AND scope = $2 AND from_at = $3 AND to_at = $4
ORDER BY sequence DESC LIMIT 1
"""  # noqa: S608  # as above
FIGURES: Final = f"""
SELECT sequence, {_COLUMNS} FROM figure
WHERE ($1::text IS NULL OR scope = $1 OR starts_with(scope, $1 || '/'))
  AND ($2::text IS NULL OR definition = $2) AND ($3::bigint IS NULL OR sequence < $3)
ORDER BY sequence DESC LIMIT $4
"""  # noqa: S608  # as above
