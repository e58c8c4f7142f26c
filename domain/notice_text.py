"""What a message about an issue or an order may say: plain values only, none of them sealed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field

from domain.days import zone_of
from domain.model import Code, Frozen, Key, Moment, Short

SUBJECT_CHARACTERS_MAX = 200
BODY_CHARACTERS_MAX = 4000
LANGUAGES = ("zh", "en")


class NoticeFacts(Frozen):
    """What is told of. `what` is the kind of event, `about` an issue or a supervision order."""

    notice: Annotated[str, Field(max_length=400)]
    what: Code
    about: Code = "issue"
    zone: Code
    key: Key
    version: int
    number: Short | None = None
    title: Short | None = None
    enterprise: Code | None = None
    category: Code | None = None
    phase: Code | None = None
    tier: int | None = None
    addressee: Code
    happened_at: Moment
    deadline_at: Moment | None = None
    clock: str | None = None
    rung: Code | None = None
    urgent: bool = False
    time_zone: str = "Asia/Shanghai"


class Message(Frozen):
    """A message as it goes out. `template` names what it was made with, and why not with another
    where that failed."""

    subject: str
    body: str
    html: str = ""
    template: str = ""


Words = Mapping[str, str]
"""Names of kinds, phases and so on in one language, by `family.code`."""


def values_of(facts: NoticeFacts, words: Words) -> dict[str, object]:
    """Return the names that a template may use, and their values: texts, numbers, yes or no."""
    return {
        "notice": facts.notice,
        "what": facts.what,
        "what_name": words.get(f"what.{facts.what}", facts.what),
        "about": facts.about,
        "about_name": words.get(f"about.{facts.about}", facts.about),
        "zone": facts.zone,
        "key": facts.key,
        "number": facts.number or facts.key,
        "title": facts.title or "",
        "enterprise": facts.enterprise or "",
        "category": facts.category or "",
        "phase": facts.phase or "",
        "phase_name": words.get(f"phase.{facts.phase}", facts.phase or ""),
        "tier": facts.tier or 0,
        "addressee": facts.addressee,
        "happened": local_text(facts.happened_at, facts.time_zone),
        "deadline": ""
        if facts.deadline_at is None
        else local_text(facts.deadline_at, facts.time_zone),
        "clock": facts.clock or "",
        "rung": facts.rung or "",
        "urgent": facts.urgent,
    }


def bundle_values(values: Sequence[Mapping[str, object]], shown: int) -> dict[str, object]:
    """Return the names that a template of several notices may use: `items`, of which the first are
    shown, `count` of all, `more` of those that are not shown."""
    return {
        "items": tuple(values[:shown]),
        "count": len(values),
        "more": max(0, len(values) - shown),
    }


def local_text(at: datetime, time_zone: str) -> str:
    """Return an instant as the zone's people read it, to the minute."""
    return f"{at.astimezone(zone_of(time_zone)):%Y-%m-%d %H:%M}"


def cut(text: str, characters: int) -> str:
    """Return a text of at most so many characters; an ellipsis stands for what is left out."""
    return text if len(text) <= characters else f"{text[: characters - 1]}…"
