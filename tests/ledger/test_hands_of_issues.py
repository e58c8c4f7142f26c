"""Whom an issue concerns is what PostgreSQL reads out of the text of its snapshot.

The column `hands` decides who sees an issue in a list. Its rule goes by the names and the order of
the fields: one that is added where it looks has to fail here.
"""

import types
from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import Enum
from itertools import count
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from databases import Database
from pydantic import AwareDatetime, BaseModel

from audit.corpus import corpus_files, read_corpus
from domain.evolve import evolve
from domain.issue import Issue
from domain.streams import is_issue_stream
from domain.team import Part, Team
from ledger.codec import snapshot_text
from ledger.lists import hands_of

CORPUS = Path(__file__).parents[1] / "audit" / "corpus"
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOSTILE = '","handler":"x","unit":"y"},"team":{"parts":[{"unit":"z","proxy":"p"}]},"sign_off":'
NUMBERS = count(1)
PLAIN = {bool: True, int: 7, float: 0.5, datetime: AT, AwareDatetime: AT, date: AT.date()}
RULE = """
SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE d.adrelid = 'issue'::regclass AND a.attname = 'hands'
"""


def full(kind: Any, given: tuple[Any, ...] = ()) -> Any:
    """Return a value of a type in which every field is set, names are names, and free text is what
    could be mistaken for fields."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return full(inner[0], (*given, *inner[1:]))
    if origin in (Union, types.UnionType):
        return full(next(each for each in inner if each is not type(None)), given)
    if origin is tuple:
        return (full(inner[0]), full(inner[0]))
    if origin is Literal:
        return inner[0]
    if issubclass(kind, BaseModel):
        return whole(kind)
    if issubclass(kind, Enum):
        return next(iter(kind))
    if issubclass(kind, str):
        is_name = any(getattr(each, "pattern", None) for each in given)
        return f"name-{next(NUMBERS)}" if is_name else HOSTILE
    return PLAIN[kind]


def whole(kind: type[BaseModel]) -> Any:
    """Return a model in which every field is set."""
    return kind.model_construct(
        **{
            name: full(field.annotation, tuple(field.metadata))
            for name, field in kind.model_fields.items()
        }
    )


def one_field_less_or_alone(issue: Issue) -> Iterator[Issue]:
    """Return issues in which one field is not set, and those in which only it is."""
    optional = {n: f.default for n, f in Issue.model_fields.items() if not f.is_required()}
    bare = issue.model_copy(update=optional)
    yield bare
    for name, default in optional.items():
        yield issue.model_copy(update={name: default})
        yield bare.model_copy(update={name: getattr(issue, name)})


async def lived() -> list[Issue]:
    """Return the issues of the stored corpora as they stood after each event."""
    issues: list[Issue] = []
    for path in corpus_files(CORPUS):
        corpus = read_corpus(path)
        async for stream in corpus.streams():
            zone, _, key = stream.partition("/")
            records = await corpus.records(stream) if is_issue_stream(stream) else []
            issue: Issue | None = None
            for each in records:
                issue = evolve(issue, each.event, zone=zone, key=key, terms=each.terms)
                issues.append(issue)
    return issues


async def differing(database: Database, issues: list[Issue]) -> list[tuple[list[str], list[str]]]:
    """Return what PostgreSQL reads out of snapshots where it is not what the issues say."""
    given = [[getattr(issue, name) for issue in issues] for name in ("enterprise", "owner")]
    given += [[issue.handler for issue in issues], [snapshot_text(issue) for issue in issues]]
    async with database.connection(database.app_url) as connection:
        rule = await connection.fetchval(RULE)
        rows = await connection.fetch(
            f"SELECT {rule} FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])"
            " AS issue (enterprise, owner, handler, snapshot)",
            *given,
        )
    pairs = [(hands_of(issue), list(row[0])) for issue, row in zip(issues, rows, strict=True)]
    return [pair for pair in pairs if pair[0] != pair[1]]


async def test_with_every_field_set_or_not_the_same_people_are_concerned(
    database: Database,
) -> None:
    issue = whole(Issue)
    assert isinstance(issue.team, Team)
    first = issue.team.parts[0]
    bare = {n: f.default for n, f in Part.model_fields.items() if not f.is_required()}
    team = issue.team.model_copy(update={"parts": (first, first.model_copy(update=bare))})
    issues = [issue, issue.model_copy(update={"team": team}), *one_field_less_or_alone(issue)]
    assert len(hands_of(issue)) == 8
    assert await differing(database, issues) == []


async def test_of_every_issue_that_lived_the_same_people_are_concerned(database: Database) -> None:
    issues = await lived()
    assert sum(issue.team is not None for issue in issues) > 100
    assert sum(issue.unit is not None for issue in issues) > 100
    assert await differing(database, issues) == []
