"""Instants as callers write them: what is no date at all is never taken for seconds since 1970."""

import re
from typing import Annotated, Final

from pydantic import BeforeValidator

from domain.model import Moment

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")


def _written(value: object) -> object:
    if isinstance(value, int | float) or (isinstance(value, str) and not _DATE.match(value)):
        raise ValueError("an instant is written as 2026-03-02T09:00:00+08:00")
    return value


Instant = Annotated[Moment, BeforeValidator(_written)]
"""A `Moment` that was written as one; pydantic alone would take a bare number too."""
