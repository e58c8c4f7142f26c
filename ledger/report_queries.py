"""The SQL of routines. Columns stand in the order of the fields they are read into."""

from typing import Final

REPORT: Final = (
    "id, number, version, kind, zone, from_at, to_at, from_on, to_on, position, terms, body, "
    "sha256, at, author, reason"
)
ATTESTATION: Final = "id, zone, day, post, version, no_abnormality, text, limit_at, at, actor"
RUN: Final = "id, zone, routine, period, due_at, at, result"

PUT_REPORT: Final = f"""
INSERT INTO report ({REPORT})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT DO NOTHING RETURNING id
"""  # noqa: S608  # the names of columns are ours
REPORT_OF: Final = f"""
SELECT {REPORT} FROM report WHERE number = $1 AND ($2::integer IS NULL OR version = $2)
ORDER BY version DESC LIMIT 1
"""  # noqa: S608  # as above
VERSIONS: Final = f"SELECT {REPORT} FROM report WHERE number = $1 ORDER BY version"  # noqa: S608  # as above
REPORTS: Final = f"""
SELECT {REPORT} FROM report r
WHERE r.zone = $1 AND ($2::text IS NULL OR r.kind = $2)
  AND ($3::text IS NULL OR (r.to_on, r.id) < ($3 COLLATE "C", $4::text COLLATE "C"))
  AND NOT EXISTS (SELECT FROM report n WHERE n.number = r.number AND n.version > r.version)
ORDER BY r.to_on DESC, r.id DESC LIMIT $5
"""  # noqa: S608  # as above
REPORTS_AFTER: Final = f"""
SELECT {REPORT} FROM report r
WHERE r.id > $1
  AND NOT EXISTS (SELECT FROM log_entry e WHERE e.kind = 'report' AND e.key = r.id AND e.index < $3)
ORDER BY r.id LIMIT $2
"""  # noqa: S608  # as above
PUT_ATTESTATION: Final = f"""
INSERT INTO attestation ({ATTESTATION}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT DO NOTHING RETURNING id
"""  # noqa: S608  # as above
ATTESTATIONS: Final = f"""
SELECT {ATTESTATION} FROM attestation WHERE zone = $1 AND day = $2 ORDER BY post, version
"""  # noqa: S608  # as above
PUT_RUN: Final = f"""
INSERT INTO routine_run ({RUN}) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING RETURNING id
"""  # noqa: S608  # as above
RUNS: Final = f"""
SELECT {RUN} FROM routine_run WHERE zone = $1 ORDER BY at DESC, id DESC LIMIT $2
"""  # noqa: S608  # as above
RUNS_OF: Final = f"""
SELECT {RUN} FROM routine_run WHERE zone = $1 AND routine = $2 ORDER BY period DESC LIMIT $3
"""  # noqa: S608  # as above
# $1 is what every stream of the zone is behind, $2 the first name behind all of them. Materialized:
# in order of position PostgreSQL would read all events before the period to find the first of it.
RECORDED: Final = """
WITH found AS MATERIALIZED (
SELECT position, stream, version, kind, at, occurred_at, command_id, command_hash, terms, rules,
       text, previous, hash
FROM event
WHERE at >= $3 AND at < $4 AND stream > $1 AND stream < $2 AND position <= $5 AND position > $7
  AND kind = ANY ($6)
)
SELECT * FROM found ORDER BY position LIMIT $8
"""
