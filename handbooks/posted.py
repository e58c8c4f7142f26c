"""A zone's own handbook in one text, judged as if it lay on the shelf; nothing of it is kept."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from domain.calendar import WorkingCalendar
from domain.terms import Terms
from handbooks.laying import ORGANISATION
from handbooks.shelf import read_terms

BYTES_MAX = 2**20


def posted_terms(zone: str, text: bytes, known: Mapping[str, WorkingCalendar]) -> Terms:
    """Return the terms that a zone's tables make, laid over the shipped shared ones. `known` are
    the calendars that it can name. Takes seconds of work; raises HandbookError."""
    with tempfile.TemporaryDirectory(prefix="closeout-posted-") as folder:
        own = Path(folder) / zone
        own.mkdir()
        (own / ORGANISATION).write_bytes(text)
        return read_terms(zone, Path(folder), known)
