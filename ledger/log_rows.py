"""The tables of facts whose rows are leaves of the log, and the statements that read them."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class FactTable:
    """One table of facts: by which column a row is named, of which type that is, and the columns
    that never change once they are written."""

    name: str
    key: str
    key_type: str
    columns: tuple[str, ...]

    @property
    def by_key(self) -> str:
        """The statement that reads the rows whose keys are given ($1: texts), the key's text first.

        A key that is no value of its type finds nothing, as would one that is not there.
        """
        said = ", ".join(("t." + self.key + "::text AS log_key", *self._selected))
        return (
            f"SELECT {said} FROM {self.name} t "  # noqa: S608  # names are ours
            f"WHERE t.{self.key} = ANY ($1::text[]::{self.key_type}[])"
        )

    @property
    def after_key(self) -> str:
        """The statement that reads rows in order of key: $1 the key after which, $2 how many."""
        said = ", ".join(("t." + self.key + "::text AS log_key", *self._selected))
        return (
            f"SELECT {said} FROM {self.name} t "  # noqa: S608  # names are ours
            f"WHERE $1::text IS NULL OR t.{self.key} > $1::text::{self.key_type} "
            f"ORDER BY t.{self.key} LIMIT $2"
        )

    @property
    def _selected(self) -> tuple[str, ...]:
        return tuple(f"t.{column}" for column in self.columns)


COMMAND: Final = FactTable(
    "command",
    "id",
    "text",
    (
        "id",
        "sequence",
        "stream",
        "kind",
        "at",
        "actor",
        "body",
        "hash",
        "terms",
        "rules",
        "first_version",
        "count",
        "result",
    ),
)
"""Those that caused events stand in the leaf of their first event; the others are leaves."""

_TABLES = (
    COMMAND,
    FactTable("terms", "hash", "text", ("hash", "zone", "text", "at")),
    FactTable(
        "workflow_history",
        "run_id",
        "text",
        ("run_id", "workflow_id", "closed_as", "events", "sha256", "archive", "swept_at"),
    ),
    FactTable(
        "refusal",
        "id",
        "bigint",
        ("id", "command_id", "stream", "kind", "at", "actor", "code", "message"),
    ),
    FactTable("calendar_version", "hash", "text", ("hash", "id", "text", "valid_until", "at")),
    FactTable(
        "calendar_publication",
        "sequence",
        "bigint",
        ("sequence", "calendar", "hash", "previous", "at", "author", "reason"),
    ),
    FactTable("handbook_version", "hash", "text", ("hash", "zone", "text", "at")),
    FactTable(
        "handbook_publication",
        "sequence",
        "bigint",
        ("sequence", "zone", "hash", "previous", "at", "author", "approver", "reason"),
    ),
    FactTable(
        "adoption_plan",
        "sequence",
        "bigint",
        (
            "sequence",
            "zone",
            "from_terms",
            "to_terms",
            "undoes",
            "author",
            "approver",
            "reason",
            "at",
        ),
    ),
    FactTable("adoption_end", "plan", "bigint", ("plan", "at")),
    FactTable(
        "administrative_task",
        "id",
        "text",
        ("id", "kind", "subject", "year", "raised_at", "stream", "version"),
    ),
    FactTable(
        "callback_draw",
        "id",
        "text",
        (
            "id",
            "zone",
            "seed",
            "from_at",
            "to_at",
            "horizon",
            "percent",
            "at_least",
            "population",
            "population_hash",
            "drawn",
            "method",
            "drawn_at",
            "actor",
        ),
    ),
    FactTable(
        "schema_migration", "version", "integer", ("version", "name", "sha256", "applied_at")
    ),
    FactTable("log_key", "vkey", "text", ("sequence", "vkey", "note", "at")),
    FactTable(
        "anchor", "sequence", "bigint", ("sequence", "size", "kind", "target", "receipt", "at")
    ),
    FactTable("erasure", "id", "text", ("id", "subject", "key_id", "at", "actor", "reason")),
    FactTable(
        "figure",
        "sequence",
        "bigint",
        (
            "sequence",
            "definition",
            "revision",
            "scope",
            "from_at",
            "to_at",
            "horizon",
            "digits",
            "restates",
            "at",
            "author",
            "reason",
        ),
    ),
    FactTable("audit_read", "id", "text", ("id", "kind", "scope", "position", "actor", "at")),
    FactTable("notice_content", "hash", "text", ("hash", "text", "at")),
    FactTable(
        "notice_receipt",
        "id",
        "text",
        (
            "id",
            "stream",
            "notice",
            "zone",
            "addressee",
            "channel",
            "address",
            "what",
            "at",
            "content",
            "template",
            "code",
            "bundle",
            "until_at",
            "final",
            "by",
            "tries",
        ),
    ),
    FactTable(
        "notice_template",
        "sequence",
        "bigint",
        (
            "sequence",
            "kind",
            "channel",
            "language",
            "subject",
            "body",
            "html",
            "author",
            "at",
        ),
    ),
    FactTable(
        "admission", "id", "text", ("id", "principal", "revision", "kind", "body", "at", "by")
    ),
    FactTable("webhook", "id", "text", ("id", "webhook", "revision", "kind", "body", "at", "by")),
    FactTable(
        "dead_letter",
        "id",
        "text",
        ("id", "webhook", "position", "revision", "stream", "kind", "reason", "at", "by"),
    ),
    FactTable(
        "verification",
        "id",
        "text",
        (
            "id",
            "scope",
            "since",
            "position",
            "size",
            "began_at",
            "ended_at",
            "sound",
            "found",
            "findings",
            "by",
        ),
    ),
    FactTable(
        "report",
        "id",
        "text",
        (
            "id",
            "number",
            "version",
            "kind",
            "zone",
            "from_at",
            "to_at",
            "from_on",
            "to_on",
            "position",
            "terms",
            "body",
            "sha256",
            "at",
            "author",
            "reason",
        ),
    ),
    FactTable(
        "attestation",
        "id",
        "text",
        (
            "id",
            "zone",
            "day",
            "post",
            "version",
            "no_abnormality",
            "text",
            "limit_at",
            "at",
            "actor",
        ),
    ),
    FactTable(
        "routine_run",
        "id",
        "text",
        (
            "id",
            "zone",
            "routine",
            "period",
            "due_at",
            "at",
            "result",
        ),
    ),
)
FACT_TABLES: Final = {table.name: table for table in _TABLES}
"""Every table of facts beside `event`, by name. What a checkpoint says of itself is signed instead;
`log_entry` and `log_node` are computed from all these."""

EVENTS_AFTER: Final = """
SELECT e.stream, e.version, e.position, e.hash, e.command_id
FROM event e WHERE e.position > $1 AND e.position <= $2 ORDER BY e.position LIMIT $3
"""
CAUSING: Final = f"""
SELECT e.position, {", ".join(f"c.{column}" for column in COMMAND.columns)}
FROM event e JOIN command c
  ON c.id = e.command_id AND c.stream = e.stream AND c.first_version = e.version AND c.count > 0
WHERE e.position > $1 AND e.position <= $2
"""  # noqa: S608  # the names of columns are ours
"""The commands that caused the events of a stretch, by the position of the first of each."""
