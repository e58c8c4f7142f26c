"""The SQL of the ledger. Columns stand in the order of the fields they are read into."""

from collections.abc import Iterable
from typing import Final

LOCK: Final = "SELECT * FROM ledger_lock($1, $2, $3)"
_APPENDED: Final = (
    "CASE WHEN ledger_append("  # its 68 arguments are listed in migration 0002 and in `codec`
    + ", ".join(f"${number}" for number in range(1, 69))
    + ") THEN ($69::text[] IS NULL OR ledger_raise_tasks($1, $5, $69, $70, $71, $72, $73))"
    " AND (NOT $74 OR ledger_put_board($1, "
    + ", ".join(f"${number}" for number in range(75, 93))
    + ")) ELSE false END"
)
APPEND: Final = f"SELECT {_APPENDED}"
# The row is locked first; a row that another has locked counts as not standing where it was.
APPEND_AT_ONCE: Final = f"""
SELECT CASE WHEN (SELECT true FROM issue
                  WHERE stream = $1 AND hash = $93 AND answered = $94
                    AND armed_due_at IS NOT DISTINCT FROM $95 FOR UPDATE SKIP LOCKED)
       THEN {_APPENDED} ELSE false END
"""  # noqa: S608  # built of constants
APPEND_MANY: Final = (
    "SELECT ledger_append_many("  # its 83 arguments are listed in migration 0026
    + ", ".join(f"${number}" for number in range(1, 84))
    + ")"
)
ALLOT_NUMBER: Final = """
INSERT INTO number_sequence AS s (zone, year, last) VALUES ($1, $2, 1)
ON CONFLICT ON CONSTRAINT number_sequence_pkey DO UPDATE SET last = s.last + 1 RETURNING last
"""

PUT_TERMS: Final = """
INSERT INTO terms (hash, zone, text, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
"""
TERMS: Final = "SELECT text FROM terms WHERE hash = $1"

PUT_REFUSAL: Final = """
INSERT INTO refusal (command_id, stream, kind, at, actor, code, message)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
REFUSALS: Final = """
SELECT command_id, stream, kind, at, actor, code, message
FROM refusal WHERE stream = $1 ORDER BY id OFFSET $2 LIMIT $3
"""

RECORDS: Final = """
SELECT stream, version, kind, at, occurred_at, command_id, command_hash, terms, rules, text,
       previous, hash
FROM event WHERE stream = $1 AND version > $2 ORDER BY version
"""
FOLLOW: Final = """
SELECT position, stream, version, kind, at, occurred_at, command_id, command_hash, terms, rules,
       text, previous, hash
FROM event WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3
"""
COMMANDS: Final = """
SELECT id, stream, kind, at, actor, body, hash, terms, rules, first_version, count, result
FROM command WHERE stream = $1 ORDER BY sequence
"""
CLOCKS: Final = """
SELECT stream, clock, cycle, rule, standing, budget_ms, elapsed_ms, anchor_at, due_at, provisional,
       breached_at, verdict
FROM clock WHERE stream = $1 ORDER BY clock, cycle
"""
FIRINGS: Final = """
SELECT stream, clock, cycle, rung, version, due_at, fired_at, ring, effect_done_at
FROM rung_firing ORDER BY due_at, stream, clock, cycle, rung
"""
FIRINGS_OF_STREAM: Final = """
SELECT stream, clock, cycle, rung, version, due_at, fired_at, ring, effect_done_at
FROM rung_firing WHERE stream = $1 ORDER BY due_at, stream, clock, cycle, rung
"""
# Whoever removed an issue's row or its events must not remove it from the auditor's sight.
STREAMS: Final = """
(SELECT DISTINCT stream FROM event WHERE stream > $1 ORDER BY stream LIMIT $2)
UNION (SELECT stream FROM issue WHERE stream > $1 ORDER BY stream LIMIT $2)
UNION (SELECT DISTINCT stream FROM command WHERE stream > $1 ORDER BY stream LIMIT $2)
UNION (SELECT stream FROM supervision_order WHERE stream > $1 ORDER BY stream LIMIT $2)
UNION (SELECT stream FROM matter WHERE stream > $1 ORDER BY stream LIMIT $2)
ORDER BY stream LIMIT $2
"""

NOTICE: Final = """
SELECT id, stream, version, kind, addressee, created_at, delivered_at FROM notice WHERE id = $1
"""
NOTICES: Final = """
SELECT id, stream, version, kind, addressee, created_at, delivered_at
FROM notice WHERE stream = $1 ORDER BY version, id
"""
MARK_DELIVERED: Final = "SELECT ledger_mark_delivered($1, $2)"
MARK_ANSWERED: Final = """
UPDATE issue SET answered = true, armed_due_at = $2
WHERE stream = $1 AND version = $3 RETURNING true
"""
UNTOLD: Final = """
SELECT DISTINCT i.stream FROM notice n JOIN issue i ON i.stream = n.stream
WHERE n.delivered_at IS NULL AND n.created_at < $1 AND NOT i.open ORDER BY i.stream LIMIT $2
"""
SWEPT_AT: Final = "SELECT max(swept_at) FROM workflow_history"
MARK_UNANSWERED: Final = """
WITH found AS (
    SELECT stream FROM issue its
    WHERE stream = ANY ($1) AND (NOT $2 OR (
        NOT answered AND NOT EXISTS (SELECT FROM outbox o WHERE o.stream = its.stream)))
    ORDER BY stream FOR UPDATE),
marked AS (UPDATE issue i SET answered = false, armed_due_at = NULL
           FROM found f WHERE i.stream = f.stream)
INSERT INTO outbox (stream) SELECT stream FROM found RETURNING stream
"""

TAKE_POKES: Final = "SELECT taken_stream, taken_ids FROM ledger_take_pokes($1)"
FORGET_POKES: Final = "DELETE FROM outbox WHERE id = ANY ($1)"

OPEN_COUNT: Final = "SELECT count(*) FROM issue WHERE open"
PROVISIONAL_COUNT: Final = """
SELECT count(*) FROM clock WHERE provisional AND standing IN ('running', 'paused')
"""
NEXT_DUE_AT: Final = """
SELECT next_due_at FROM issue WHERE open AND next_due_at IS NOT NULL ORDER BY next_due_at LIMIT 1
"""
UNDELIVERED: Final = "SELECT count(*) FROM notice WHERE delivered_at IS NULL"

PUT_HISTORY: Final = """
INSERT INTO workflow_history (run_id, workflow_id, closed_as, events, sha256, archive, swept_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING true
"""
ARCHIVED: Final = "SELECT run_id FROM workflow_history WHERE run_id = ANY ($1)"
ARCHIVED_WORKFLOWS: Final = """
SELECT DISTINCT workflow_id FROM workflow_history WHERE workflow_id > $1
ORDER BY workflow_id LIMIT $2
"""
HISTORIES: Final = """
SELECT run_id, workflow_id, closed_as, events, sha256, archive, swept_at
FROM workflow_history ORDER BY swept_at, run_id
"""
HISTORIES_OF_WORKFLOW: Final = """
SELECT run_id, workflow_id, closed_as, events, sha256, archive, swept_at
FROM workflow_history WHERE workflow_id = $1 ORDER BY swept_at, run_id
"""

_ISSUES: Final = """
SELECT i.stream, i.snapshot, i.hash, i.armed_due_at, i.answered,
       ARRAY(SELECT n.id FROM notice n WHERE n.stream = i.stream AND n.delivered_at IS NULL
             ORDER BY n.version, n.id LIMIT 20)
FROM issue i
"""
ISSUE: Final = _ISSUES + "WHERE i.stream = $1"
ISSUES: Final = _ISSUES + "WHERE i.stream = ANY ($1)"
OVERDUE: Final = (
    _ISSUES
    + "WHERE i.open AND i.next_due_at IS NOT NULL AND i.next_due_at < $1"
    + " ORDER BY i.next_due_at, i.stream LIMIT $2"
)

PUBLISH: Final = "SELECT ledger_publish($1, $2, $3, $4, $5, $6, $7, $8, $9)"
NEWEST_PUBLICATIONS: Final = """
SELECT DISTINCT ON (calendar) sequence, calendar, hash, previous, at, author, reason
FROM calendar_publication ORDER BY calendar, sequence DESC
"""
PUBLICATION: Final = """
SELECT sequence, calendar, hash, previous, at, author, reason
FROM calendar_publication WHERE sequence = $1
"""
PUBLICATIONS_AFTER: Final = """
SELECT sequence, calendar, hash, previous, at, author, reason
FROM calendar_publication WHERE sequence > $1 ORDER BY sequence LIMIT $2
"""
CALENDAR_VERSION: Final = """
SELECT hash, id, text, valid_until, at FROM calendar_version WHERE hash = $1
"""
PUBLISH_HANDBOOK: Final = "SELECT ledger_publish_handbook($1, $2, $3, $4, $5, $6, $7, $8, $9)"
NEWEST_HANDBOOKS: Final = """
SELECT DISTINCT ON (zone) sequence, zone, hash, previous, at, author, approver, reason
FROM handbook_publication ORDER BY zone, sequence DESC
"""
HANDBOOK_PUBLICATIONS: Final = """
SELECT sequence, zone, hash, previous, at, author, approver, reason
FROM handbook_publication WHERE zone = $1 ORDER BY sequence
"""
HANDBOOK_VERSION: Final = "SELECT hash, zone, text, at FROM handbook_version WHERE hash = $1"
TERMS_OF_ZONE: Final = "SELECT hash FROM terms WHERE zone = $1 ORDER BY hash"
OPEN_BY_OWNER: Final = """
SELECT terms, owner, count(*) AS count FROM issue WHERE open AND zone = $1
GROUP BY terms, owner ORDER BY terms COLLATE "C", owner COLLATE "C"
"""
OPEN_TERMS: Final = """
SELECT DISTINCT terms FROM issue WHERE open AND ($1::text IS NULL OR zone = $1) ORDER BY terms
"""
OPEN_ON: Final = (
    _ISSUES + "WHERE i.open AND i.terms = ANY ($1) AND i.stream > $2 ORDER BY i.stream LIMIT $3"
)
# The ids of one adoption's commands begin alike: the index compares them byte by byte.
_OF_ADOPTION: Final = "id LIKE 'adopt:%' AND id ~>~ $1 AND id ~<~ $2 AND count > 0"
ADOPTIONS: Final = f"""
SELECT id, stream, kind, at, actor, body, hash, terms, rules, first_version, count, result
FROM command WHERE {_OF_ADOPTION} ORDER BY id USING ~<~ LIMIT $3
"""  # noqa: S608  # built of constants
ADOPTION_COUNT: Final = f"SELECT count(*) FROM command WHERE {_OF_ADOPTION}"  # noqa: S608  # as above
PUT_PLAN: Final = """
INSERT INTO adoption_plan (zone, from_terms, to_terms, undoes, author, approver, reason, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING sequence
"""
PLANS: Final = """
SELECT p.sequence, p.zone, p.from_terms, p.to_terms, p.undoes, p.author, p.approver, p.reason,
       p.at, e.at AS ended_at
FROM adoption_plan p LEFT JOIN adoption_end e ON e.plan = p.sequence
WHERE ($1::text IS NULL OR p.zone = $1) AND (e.at IS NULL OR NOT $2) ORDER BY p.sequence
"""
END_PLAN: Final = "INSERT INTO adoption_end (plan, at) VALUES ($1, $2) ON CONFLICT DO NOTHING"
TASKS: Final = """
SELECT id, kind, subject, year, raised_at, stream, version, settled_at, settled_by
FROM administrative_task WHERE (settled_at IS NOT NULL) = $1 ORDER BY raised_at, id
"""
SETTLE_TASKS: Final = "SELECT ledger_settle_tasks()"
PROVISIONAL_CLOCKS: Final = """
SELECT i.terms, c.rule, c.due_at, count(*) AS count
FROM clock c JOIN issue i ON i.stream = c.stream
WHERE c.provisional AND c.standing = 'running' AND c.due_at IS NOT NULL
GROUP BY i.terms, c.rule, c.due_at ORDER BY i.terms, c.rule, c.due_at
"""

FILTERS: Final = {
    "zone": "i.zone = {}",
    "phase": "i.phase = {}",
    "owner": "i.owner = {}",
    "category": "i.category = {}",
    "number": "i.number = {}",
    "overdue_at": "i.deadline_at < {}",
    "incident": "i.incident = {}",
    "report_id": "i.report_id = {}",
}
"""What a list can be narrowed by: the name of a filter, and its condition."""


def find(filters: Iterable[str], *, open_only: bool) -> str:
    """Return the list's query: $1 is the stream to go on after, $2 the limit, then the filters."""
    conditions = ["i.stream > $1"]
    conditions += [
        FILTERS[name].format(f"${number}") for number, name in enumerate(filters, start=3)
    ]
    if open_only:
        conditions.append("i.open")
    return f"{_ISSUES}WHERE {' AND '.join(conditions)} ORDER BY i.stream LIMIT $2"
