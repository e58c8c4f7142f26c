"""Templates: everything is escaped, a name that is not there fails, nothing is fetched."""

from datetime import date, datetime
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from console.texts import said
from domain.days import zone_of
from domain.model import Name
from face.words import Language

MAIN: Final = "main"
PARTS: Final = "components/bits.html"
HOUR_MINUTES: Final = 60
DAY_MINUTES: Final = 24 * HOUR_MINUTES
CONTENT_TYPE: Final = "text/html; charset=utf-8"


@cache
def environment() -> Environment:
    """Return what templates are read with."""
    made = Environment(
        loader=PackageLoader("console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["json"] = as_json
    return made


def rendered(template: str, context: dict[str, Any], *, block: str | None = None) -> str:
    """Return a template, or one of its blocks alone, filled."""
    found: Template = environment().get_template(template)
    if block is None:
        return found.render(context)
    # A block by itself knows nothing of what its page imports.
    parts = environment().get_template(PARTS).make_module(context)
    return "".join(found.blocks[block](found.new_context(context | {"bits": parts})))


def as_json(value: object) -> Markup:
    """Return a value as JSON that can stand in an attribute or an element."""
    return htmlsafe_json_dumps(value)


def local(at: datetime, time_zone: str) -> str:
    """Return an instant as a clock on the wall of a zone shows it, to the minute."""
    return at.astimezone(zone_of(time_zone)).strftime("%Y-%m-%d %H:%M")


def day(on: date) -> str:
    """Return a day."""
    return on.isoformat()


def length(ms: int, language: Language) -> str:
    """Return a length of time in words, rounded down to minutes, of two units at most."""
    minutes = abs(ms) // 60_000
    days, left = divmod(minutes, DAY_MINUTES)
    hours, minutes = divmod(left, HOUR_MINUTES)
    parts = [("days", days), ("hours", hours), ("minutes", minutes)]
    told = [said(f"length.{unit}", language, n=n) for unit, n in parts if n][:2]
    return " ".join(told) or said("length.minutes", language, n=0)


def of(name: Name, language: Language) -> str:
    """Return a name in a language."""
    return name.zh if language == "zh" else name.en
