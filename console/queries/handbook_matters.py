"""The procedures by which a zone keeps matters beside issues, each as a table of its own."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from console.queries.handbook_sheet import Sheet, said_rows
from console.queries.handbook_words import Speaker

TABLES: Final = ("campaigns", "pipelines", "matches", "registers", "grants")


def matters(speaker: Speaker, _: datetime) -> tuple[Sheet, ...]:
    """Return every procedure: who runs it, its steps, stages or statuses, and within what time."""
    return tuple(_sheets(speaker))


def _sheets(speaker: Speaker) -> Iterator[Sheet]:
    heads = tuple(speaker.said(f"handbook_head.{each}") for each in ("setting", "says"))
    for table in TABLES:
        for rule in getattr(speaker.book, table):
            label, name = speaker.label(table), speaker.name(rule.name)
            yield Sheet(
                title=speaker.said("handbook.within", label=label, line=name),
                heads=heads,
                rows=(
                    ((speaker.said("handbook_head.code"),), (rule.id,)),
                    *said_rows(speaker, rule),
                ),
                of=(table,),
            )
