"""The SQL of draws. Columns stand in the order of the fields they are read into."""

from typing import Final

# PostgreSQL's JSON knows no NUL; no text of an event can hold one.
CLOSE_OUTS: Final = """
SELECT stream, version FROM event
WHERE kind = 'issue_closed_out' AND at >= $2 AND at < $3 AND position <= $4
  AND starts_with(stream, $1 || '/')
  AND text::json #>> '{body,outcome}' IN ('closed_out', 'closed_by_review')
ORDER BY stream, version LIMIT $5
"""
LOTS: Final = """
SELECT stream, text::json #>> '{body,lot}' AS lot FROM event
WHERE kind = 'callback_drawn' AND starts_with(stream, $1 || '/')
  AND text::json #>> '{body,draw}' = $2
ORDER BY stream, version
"""
WITHOUT_EVENTS: Final = "SELECT id FROM command WHERE id = ANY ($1) AND count = 0"
_COLUMNS: Final = """id, zone, seed, from_at, to_at, horizon, percent, at_least, population,
       population_hash, drawn, method, drawn_at, actor"""
PUT_DRAW: Final = f"""
INSERT INTO callback_draw ({_COLUMNS})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT DO NOTHING RETURNING true
"""  # noqa: S608  # built of constants
DRAWING: Final = f"SELECT {_COLUMNS} FROM callback_draw WHERE id = $1"  # noqa: S608  # as above
DRAWS: Final = f"""
SELECT {_COLUMNS} FROM callback_draw WHERE zone = $1 ORDER BY drawn_at DESC, id LIMIT $2
"""  # noqa: S608  # as above
