"""The reference of a handbook tells every field, default and word that a zone's files may hold."""

import json
import re
import tomllib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

import pytest
from annotated_types import Ge, Le, MaxLen, MinLen
from house_documents import blocks, read
from pydantic import StringConstraints
from pydantic.fields import FieldInfo

from domain.duration_text import parse_duration, written_duration
from domain.durations import NaturalDays, OpenHours, Wall, WorkingDays
from domain.handbook import Handbook
from domain.matters.who import Who
from domain.model import Frozen
from domain.terms import Terms
from handbooks.calendars import read_calendar
from handbooks.laying import Draft
from handbooks.sections import CONDITIONS, ENTRIES, FILES_ONLY, NAMELESS, PLAIN, SETTINGS, WITHIN
from handbooks.shelf import SHARED, SHIPPED, judged

PAGE = Path("docs/howto/describe-a-zone.md")
ZONE = "xinghe"
HEADING = re.compile(r"^### (.+)$", re.MULTILINE)
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (required|none|`[^|]+`|all defaults) \| (.+) \|$", re.M)
EXAMPLES = blocks(PAGE, "toml")
PROCEDURES = ("campaigns", "pipelines", "matches", "registers", "grants")
SAID_BOUND = re.compile(
    r"(?:(?P<least>\d[\d,]*) (?:to (?P<to>\d[\d,]*)|or more)|at most (?P<most>[\d,]+))"
)
SHORTER = re.compile(r"\{0,(\d+)\}\$$")
ROWS, ROWS_MAX = "rows as of [`campaigns.ID.runs`](#campaignsidruns)", 16
TIERS = ("tier", "tiers")
"""Their bounds are told where the form is told, and not again in each table."""
CODE_CHARACTERS_MAX = 64


def told() -> dict[str, Frozen | type[Frozen]]:
    """Return the form of each section of the page, by its heading."""
    sections: dict[str, type[Frozen]] = {"The zone itself": Handbook}
    places: dict[type[Frozen], str] = {}
    for place, form in (*ENTRIES.items(), *SETTINGS.items()):
        heading = ".".join(place) + (".ID" if place in ENTRIES else "")
        sections[f"`{heading}`"] = form
        places[form] = heading
    for holder, held in WITHIN.items():
        for name, form in held.items():
            if name not in CONDITIONS[1:] and form not in sections.values():
                places[form] = f"{places[holder]}.{name}"
                sections[f"`{places[form]}`"] = form
    return dict(sections)


def section(heading: str) -> str:
    """Return what stands below a heading, up to the next one."""
    _, below = read(PAGE).split(f"\n### {heading}\n", 1)
    return re.split(r"^##", below, maxsplit=1, flags=re.MULTILINE)[0]


def fields(heading: str, form: Any) -> dict[str, FieldInfo | None]:
    """Return the fields that a file may give in a table, None for those that no handbook keeps."""
    if form is Handbook:
        return {name: Handbook.model_fields[name] for name in PLAIN}
    keyed = ".ID`" in heading and heading.removesuffix("`").endswith(".ID")
    unnamed = heading.strip("`").removesuffix(".ID") in {".".join(each) for each in NAMELESS}
    own = {
        name: info
        for name, info in form.model_fields.items()
        if not (name == "id" and keyed and not unnamed)
    }
    return {**own, **dict.fromkeys(FILES_ONLY.get(form, ()))}


def default(info: FieldInfo | None) -> str:
    """Return a field's default as the page writes it."""
    if info is None:
        return "none"
    if info.is_required():
        return "required"
    match info.default:
        case None | ():
            return "none"
        case (Who(), *_) as rows:
            given = (each.model_dump(mode="json").items() for each in rows)
            told = ", ".join(f"{k} = {json.dumps(v)}" for row in given for k, v in row)
            return f"`[{{ {told} }}]`"
        case bool() | str() | int() | tuple() as value:
            return f"`{json.dumps(value)}`"
        case Wall() | OpenHours() | WorkingDays() | NaturalDays() as length:
            return f'`"{written_duration(length)}"`'
        case table:
            assert table == type(table)()
            return "all defaults"


def bounds(info: FieldInfo, *, is_id: bool = False) -> tuple[int | None, int | None]:
    """Return the least and the most that a field takes: of a list how many, of a number itself, of
    an id that is shorter than others its characters; what only names an id says nothing of it."""
    given: list[Any] = list(info.metadata)
    for inner in get_args(info.annotation):
        for each in getattr(inner, "__metadata__", ()):
            given += each.metadata if isinstance(each, FieldInfo) else []
    least: Any = None
    most: Any = None
    for each in given:
        match each:
            case MinLen(min_length=low) | Ge(ge=low):
                least = low
            case MaxLen(max_length=high) | Le(le=high):
                most = high
            case StringConstraints(pattern=str(pattern)) if is_id:
                found = SHORTER.search(pattern)
                characters = int(found[1]) + 1 if found else CODE_CHARACTERS_MAX
                most = characters if characters < CODE_CHARACTERS_MAX else most
            case _:
                pass
    return least, most


def said_bounds(form: str) -> tuple[int | None, int | None]:
    """Return the bounds that a cell of the page states."""
    found = SAID_BOUND.search(form)
    if found is None:
        return None, ROWS_MAX if form == ROWS else None
    least, most = found["least"], found["to"] or found["most"]
    return number(least), number(most)


def number(text: str | None) -> int | None:
    return None if text is None else int(text.replace(",", ""))


def words(annotation: Any) -> Iterator[str]:
    """Yield every word that a field's form allows."""
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        yield from annotation
    for inner in get_args(annotation):
        yield from words(inner)


def test_the_page_has_a_section_for_every_table_and_for_nothing_else() -> None:
    assert set(HEADING.findall(read(PAGE))) == set(told())


@pytest.mark.parametrize("heading", told())
def test_every_field_of_a_table_is_told_with_its_default(heading: str) -> None:
    form = told()[heading]
    rows = {name: shown for name, _, shown, _ in ROW.findall(section(heading))}

    assert rows == {name: default(info) for name, info in fields(heading, form).items()}


@pytest.mark.parametrize("heading", told())
def test_every_bound_of_a_field_is_told_and_no_other(heading: str) -> None:
    given = {
        name: bounds(info, is_id=name == "id")
        for name, info in fields(heading, told()[heading]).items()
        if info is not None
    }
    said = {
        name: given.get(name) if form in TIERS else said_bounds(form)
        for name, form, _, _ in ROW.findall(section(heading))
    }

    assert {name: said[name] for name in given} == given


def test_what_is_told_once_of_bounds_stands_there() -> None:
    assert f"Rows of people, at most {ROWS_MAX}," in section("`campaigns.ID.runs`")
    assert re.search(r"^\| tier \| `\d` \| 1 to 5,", read(PAGE), re.MULTILINE)
    (most,) = re.findall(r"At most (\d+) of each kind of procedure\.", read(PAGE))
    held = {kind: bounds(Handbook.model_fields[kind]) for kind in PROCEDURES}
    assert held == dict.fromkeys(PROCEDURES, (None, int(most)))


@pytest.mark.parametrize("heading", told())
def test_every_word_that_a_field_allows_is_told_where_the_field_is(heading: str) -> None:
    text = section(heading)
    allowed = {
        word
        for name, info in fields(heading, told()[heading]).items()
        if info is not None and (name, heading) not in TOLD_ELSEWHERE
        for word in words(info.annotation)
    }

    assert {word for word in allowed if f"`{word}`" not in text} == set()


TOLD_ELSEWHERE = {("effects", "`notices.ID`")}
"""What a notice's `effects` may be is told of rungs."""


def test_every_length_on_the_page_is_the_table_beside_it() -> None:
    (table,) = re.findall(r"\| text \| means \|.*?\n\n", read(PAGE), re.DOTALL)
    rows = re.findall(r"^\| (`\d.+?) \| .+ \| `(.+)` \|$", table, re.MULTILINE)

    assert len(rows) == len(table.splitlines()) - 3
    for cell, written in rows:
        means = tomllib.loads(f"it = {written}" if written.startswith("{") else f"it.{written}")
        lengths = [parse_duration(text) for text in quoted(cell)]
        assert means["it"].items() <= lengths[0].model_dump().items()
        assert {type(length) for length in lengths} == {type(lengths[0])}


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def laid(*examples: str) -> Handbook:
    """Return the fictional zone's handbook with examples of the page laid over it."""
    draft = Draft(ZONE)
    beneath = [SHIPPED / name for name in SHARED] + sorted((SHIPPED / ZONE).glob("*.toml"))
    for file in beneath:
        draft.lay(file.name, tomllib.loads(file.read_text(encoding="utf-8")), shared=True)
    for number, text in enumerate(examples):
        draft.lay(f"example {number}", tomllib.loads(text), shared=False)
    return draft.handbook()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.split("\n", 1)[0])
def test_an_example_can_be_laid_over_the_fictional_zone(example: str) -> None:
    before = laid()

    assert laid(*before_it(example), example) != before


def before_it(example: str) -> list[str]:
    return EXAMPLES[: EXAMPLES.index(example)]


def test_there_is_an_example_of_a_procedure_for_each_that_can_be_kept() -> None:
    given = [kind for text in EXAMPLES for kind in tomllib.loads(text) if kind in PROCEDURES]

    assert given == list(PROCEDURES)


def test_a_zone_with_all_the_examples_is_proved() -> None:
    handbook = laid(*EXAMPLES)

    found = judged(Terms(handbook=handbook, calendar=read_calendar(handbook.calendar)))

    assert [f"{each.key}: {each.message}, {each.counter_example}" for each in found] == []
