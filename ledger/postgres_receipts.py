"""How people were told, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from domain.chain import Record
from domain.notifying import ReceiptKind
from ledger.connections import ledger_errors
from ledger.port import NoticeRow
from ledger.postgres_publications import Pooled
from ledger.receipts import (
    HOLDS_MAX,
    INBOX_MAX,
    HoldRow,
    InboxRow,
    Mailbox,
    ReceiptRow,
    Telling,
    TemplateRow,
)

if TYPE_CHECKING:
    import asyncpg

RECEIPT: Final = (
    "id, stream, notice, zone, addressee, channel, address, what, at, content, template, code, "
    "bundle, until_at, final, by, tries"
)
TEMPLATE: Final = "sequence, kind, channel, language, subject, body, html, author, at"

PUT_TELLING: Final = f"""
WITH contents AS (
    INSERT INTO notice_content (hash, text, at)
    SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[])
    ON CONFLICT DO NOTHING
), receipts AS (
    INSERT INTO notice_receipt ({RECEIPT})
    SELECT * FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
        $10::text[], $11::text[], $12::timestamptz[], $13::text[], $14::text[], $15::text[],
        $16::text[], $17::timestamptz[], $18::boolean[], $19::text[], $20::integer[])
    ON CONFLICT DO NOTHING
), hold AS (
    SELECT * FROM unnest($21::text[], $22::text[], $23::text[], $24::timestamptz[], $25::integer[],
        $26::text[], $27::text[], $28::timestamptz[])
        AS h (notice, channel, address, until_at, attempts, code, bundle, taken_until_at)
), held AS (
    INSERT INTO notice_hold
        (notice, channel, address, until_at, attempts, code, bundle, taken_until_at)
    SELECT h.notice, h.channel, h.address, h.until_at, h.attempts, h.code, h.bundle, h.until_at
    FROM hold h WHERE h.taken_until_at IS NULL
    ON CONFLICT (notice, channel, address) DO NOTHING
), put_back AS (
    UPDATE notice_hold h SET until_at = b.until_at, attempts = b.attempts, code = b.code,
        bundle = b.bundle, taken_until_at = b.until_at
    FROM hold b
    WHERE h.notice = b.notice AND h.channel = b.channel AND h.address = b.address
      AND h.taken_until_at = b.taken_until_at
), done AS (
    DELETE FROM notice_hold h
    USING unnest($29::text[], $30::text[], $31::text[]) AS d (notice, channel, address)
    WHERE h.notice = d.notice AND h.channel = d.channel AND h.address = d.address
)
SELECT ledger_mark_delivered(s.id, s.at) FROM unnest($32::text[], $33::timestamptz[]) AS s (id, at)
"""  # noqa: S608  # the names of columns are ours
OF_STREAM: Final = f"""
SELECT {RECEIPT} FROM notice_receipt WHERE stream = $1 ORDER BY at, id
"""  # noqa: S608
OF_NOTICES: Final = f"""
SELECT {RECEIPT} FROM notice_receipt WHERE notice = ANY ($1) ORDER BY at, id
"""  # noqa: S608
# The limit keeps this a look-up for each notice, never a join of whole tables.
NAMED: Final = """
SELECT n.id, n.stream, n.version, n.kind, n.addressee, n.created_at, n.delivered_at, e.*
FROM notice n LEFT JOIN LATERAL (
    SELECT stream, version, kind, at, occurred_at, command_id, command_hash, terms, rules, text,
        previous, hash
    FROM event WHERE stream = n.stream AND version = n.version LIMIT 1
) e ON true WHERE n.id = ANY ($1)
"""
NOTICE_COLUMNS: Final = 7
ONE: Final = f"SELECT {RECEIPT} FROM notice_receipt WHERE id = $1"  # noqa: S608  # ours
CONTENT: Final = "SELECT text FROM notice_content WHERE hash = $1"
MESSAGES: Final = """
SELECT min(at) FROM notice_receipt
WHERE address = $1 AND at > $2 AND what IN ('sent', 'delivered') AND channel <> 'inbox'
GROUP BY CASE WHEN bundle = '' THEN id ELSE bundle END ORDER BY 1
"""
HELD_UNTIL: Final = """
SELECT min(until_at) FROM notice_hold WHERE channel = $1 AND address = $2 AND until_at > $3
"""
HOLD: Final = "notice, channel, address, until_at, attempts, code, bundle, taken_until_at"
TAKE: Final = f"""
WITH due AS (
    SELECT h.notice, h.channel, h.address, h.bundle FROM notice_hold h
    WHERE h.until_at <= $1 AND h.taken_until_at <= $1
    ORDER BY h.until_at, h.channel, h.address, h.notice LIMIT $3
), taken AS (
    UPDATE notice_hold h SET taken_until_at = $2
    WHERE h.taken_until_at <= $1 AND (
        (h.notice, h.channel, h.address) IN (SELECT notice, channel, address FROM due)
        OR h.bundle IN (SELECT bundle FROM due WHERE bundle <> ''))
    RETURNING {", ".join(f"h.{name}" for name in HOLD.split(", "))}
)
SELECT {HOLD} FROM taken ORDER BY channel, address, bundle, notice
"""  # noqa: S608  # the names of columns are ours
TAKERS_TURN: Final = "SELECT pg_advisory_xact_lock(hashtext('closeout.notice_hold'))"
"""Takers take turns: what two of them took at once would split a bundle."""
SEAL: Final = """
WITH own AS (
    SELECT h.notice, h.channel, h.address FROM notice_hold h
    JOIN unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
        AS t (notice, channel, address, taken_until_at)
        ON h.notice = t.notice AND h.channel = t.channel AND h.address = t.address
       AND h.taken_until_at = t.taken_until_at
    ORDER BY h.notice, h.channel, h.address FOR UPDATE OF h
), sealed AS (
    UPDATE notice_hold h SET bundle = $5, taken_until_at = $6 FROM own
    WHERE h.notice = own.notice AND h.channel = own.channel AND h.address = own.address
      AND (SELECT count(*) FROM own) = cardinality($1)
    RETURNING h.notice
)
SELECT count(*) FROM sealed
"""
HELD: Final = "SELECT count(*) FROM notice_hold"
OF_INBOX: Final = f"""
SELECT found.*, c.text, (
    SELECT min(o.at) FROM notice_receipt o
    WHERE o.notice = found.notice AND o.channel = 'inbox' AND o.what = 'read' AND o.by = $3
      AND ($6::timestamptz IS NULL OR o.at <= $6)
) AS read_at
FROM unnest($1::text[], $2::text[]) AS box (zone, addressee)
CROSS JOIN LATERAL (
    SELECT {", ".join(f"r.{name}" for name in RECEIPT.split(", "))} FROM notice_receipt r
    WHERE r.channel = 'inbox' AND r.what = 'delivered'
      AND r.zone = box.zone AND r.addressee = box.addressee
      AND ($4::timestamptz IS NULL OR (r.at, r.id) < ($4, $5::text COLLATE "C"))
      AND ($6::timestamptz IS NULL OR r.at <= $6)
      AND (NOT $7 OR NOT EXISTS (
        SELECT FROM notice_receipt o
        WHERE o.notice = r.notice AND o.channel = 'inbox' AND o.what = 'read' AND o.by = $3
          AND ($6::timestamptz IS NULL OR o.at <= $6)))
    ORDER BY r.at DESC, r.id DESC LIMIT $8
) found
LEFT JOIN notice_content c ON c.hash = found.content
ORDER BY found.at DESC, found.id DESC LIMIT $8
"""  # noqa: S608  # the names of columns are ours
PUT_TEMPLATE: Final = f"""
INSERT INTO notice_template (kind, channel, language, subject, body, html, author, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {TEMPLATE}
"""  # noqa: S608  # the names of columns are ours
TEMPLATES: Final = f"""
SELECT DISTINCT ON (kind, channel, language) {TEMPLATE} FROM notice_template
ORDER BY kind, channel, language, sequence DESC
"""  # noqa: S608  # the names of columns are ours
TEMPLATE_HISTORY: Final = f"""
SELECT {TEMPLATE} FROM notice_template WHERE kind = $1 AND channel = $2 AND language = $3
ORDER BY sequence DESC LIMIT $4
"""  # noqa: S608  # the names of columns are ours


class PostgresReceipts(Pooled):
    """The part of the ledger that says how people were told."""

    async def put_telling(self, *tellings: Telling) -> None:
        """Keep all of them or nothing, in one statement."""
        # By name, so that two writers of the same notices never wait for each other in a ring.
        receipts = sorted((row for each in tellings for row in each.receipts), key=lambda r: r.id)
        contents = sorted((row for each in tellings for row in each.contents), key=lambda c: c.hash)
        settled = [(id_, each.settled_at) for each in tellings for id_ in each.settled]
        settled.sort(key=lambda s: s[0])
        holds = [row for each in tellings for row in each.holds]
        done = [name for each in tellings for name in each.done]
        await self._fetch(
            PUT_TELLING,
            *([getattr(each, name) for each in contents] for name in ("hash", "text", "at")),
            *([_plain(getattr(each, name)) for each in receipts] for name in RECEIPT.split(", ")),
            *([getattr(each, name) for each in holds] for name in HOLD.split(", ")),
            *([name[part] for name in done] for part in range(3)),
            *([each[part] for each in settled] for part in range(2)),
        )

    async def receipts(self, stream: str) -> list[ReceiptRow]:
        """Return the receipts of a stream's notices, oldest first."""
        return [_receipt(row) for row in await self._fetch(OF_STREAM, stream)]

    async def receipts_of(self, notice: str) -> list[ReceiptRow]:
        """Return the receipts of one notice, oldest first."""
        return (await self.receipts_of_each([notice])).get(notice, [])

    async def receipts_of_each(self, notices: Sequence[str]) -> dict[str, list[ReceiptRow]]:
        """Return the receipts of each notice that has any, oldest first."""
        found: dict[str, list[ReceiptRow]] = {}
        for row in await self._fetch(OF_NOTICES, list(notices)):
            found.setdefault(row["notice"], []).append(_receipt(row))
        return found

    async def notices_named(self, ids: Sequence[str]) -> dict[str, tuple[NoticeRow, Record | None]]:
        """Return those of the notices that are there, each with the event that it tells of."""
        found: dict[str, tuple[NoticeRow, Record | None]] = {}
        for row in await self._fetch(NAMED, list(ids)):
            # An event that says a moment that is none is refused by whoever tells of it: alone.
            event = row[NOTICE_COLUMNS:]
            found[row[0]] = (
                NoticeRow(*row[:NOTICE_COLUMNS]),
                None if event[0] is None else Record(*event),
            )
        return found

    async def receipt(self, id_: str) -> ReceiptRow | None:
        """Return one receipt."""
        row = await self._row(ONE, id_)
        return None if row is None else _receipt(row)

    async def notice_content(self, hash_: str) -> str | None:
        """Return what was told, by its hash."""
        row = await self._row(CONTENT, hash_)
        return None if row is None else str(row[0])

    async def messages_since(self, address: str, since: datetime) -> list[datetime]:
        """Return when an address was given its messages after `since`, oldest first."""
        return [row[0] for row in await self._fetch(MESSAGES, address, since)]

    async def held_until(self, channel: str, address: str, at: datetime) -> datetime | None:
        """Return until when a channel already holds something back from an address."""
        row = await self._row(HELD_UNTIL, channel, address, at)
        return None if row is None else row[0]

    async def take_holds(
        self, due_at: datetime, taken_until_at: datetime, limit: int
    ) -> list[HoldRow]:
        """Return what has waited long enough, and keep it from others for a while."""
        bounded = max(1, min(limit, HOLDS_MAX))
        with ledger_errors():
            async with (
                self._pool.acquire(timeout=self._acquire_timeout_s) as connection,
                connection.transaction(),
            ):
                await connection.execute(TAKERS_TURN)
                rows = await connection.fetch(TAKE, due_at, taken_until_at, bounded)
        return [HoldRow(*row) for row in rows]

    async def seal_holds(
        self, holds: Sequence[HoldRow], bundle: str, taken_until_at: datetime
    ) -> bool:
        """Keep what was taken, and fix the message that it goes out in."""
        names = ("notice", "channel", "address", "taken_until_at")
        given = ([getattr(each, name) for each in holds] for name in names)
        row = await self._row(SEAL, *given, bundle, taken_until_at)
        return row is not None and row[0] == len(holds)

    async def held_count(self) -> int:
        """Return how many notices wait for a channel."""
        row = await self._row(HELD)
        return 0 if row is None else int(row[0])

    async def inbox(
        self,
        mailboxes: Sequence[Mailbox],
        reader: str,
        *,
        after: tuple[datetime, str] | None = None,
        known_at: datetime | None = None,
        unread_only: bool = False,
        limit: int = 50,
    ) -> list[InboxRow]:
        """Return what lies in these inboxes, newest first."""
        rows = await self._fetch(
            OF_INBOX,
            [zone for zone, _ in mailboxes],
            [addressee for _, addressee in mailboxes],
            reader,
            None if after is None else after[0],
            None if after is None else after[1],
            known_at,
            unread_only,
            max(1, min(limit, INBOX_MAX)),
        )
        return [InboxRow(_receipt(row), row["text"] or "", row["read_at"]) for row in rows]

    async def put_template(self, row: TemplateRow) -> TemplateRow:
        """Keep a template; return it with its sequence."""
        stored = await self._row(
            PUT_TEMPLATE,
            *(row.kind, row.channel, row.language, row.subject, row.body, row.html),
            *(row.author, row.at),
        )
        return row if stored is None else TemplateRow(*stored)

    async def templates(self) -> list[TemplateRow]:
        """Return the newest template of each kind, channel and language."""
        return [TemplateRow(*row) for row in await self._fetch(TEMPLATES)]

    async def template_history(
        self, kind: str, channel: str, language: str, *, limit: int = 100
    ) -> list[TemplateRow]:
        """Return what templates there were, newest first."""
        bounded = max(1, min(limit, INBOX_MAX))
        rows = await self._fetch(TEMPLATE_HISTORY, kind, channel, language, bounded)
        return [TemplateRow(*row) for row in rows]


def _plain(value: object) -> object:
    return value.value if isinstance(value, ReceiptKind) else value


def _receipt(row: "asyncpg.Record") -> ReceiptRow:
    fields = {name: row[name] for name in RECEIPT.split(", ")}
    return ReceiptRow(**(fields | {"what": ReceiptKind(row["what"])}))
