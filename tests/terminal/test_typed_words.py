"""Actors and fields, as they are typed."""

import pytest
import typer

from domain.errors import InvalidRequestError
from terminal.actors import read_actor
from terminal.fields import DEPTH_MAX, read_fields, read_kind
from terminal.local_days import read_day, read_days


@pytest.mark.parametrize(
    ("text", "actor"),
    [
        ("officer:p1@desk", {"kind": "officer", "person": "p1", "post": "desk"}),
        ("enterprise:r@mill", {"kind": "representative", "person": "r", "enterprise": "mill"}),
        ("service:hotline", {"kind": "service", "name": "hotline"}),
    ],
)
def test_an_actor_is_read(text: str, actor: dict[str, str]) -> None:
    assert read_actor(text) == actor


@pytest.mark.parametrize("text", ["", "engine", "engine:x", "officer:p1", "officer:@d", "service:"])
def test_what_names_no_actor_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        read_actor(text)

    assert "officer:PERSON@POST" in (refused.value.allowed or "")


def test_nobody_is_a_mistake_of_usage() -> None:
    with pytest.raises(typer.BadParameter):
        read_actor(None)


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ([], {}),
        (["reason=a=b c"], {"reason": "a=b c"}),
        (["to_tier=2"], {"to_tier": "2"}),
        (["note="], {"note": ""}),
        (["a.b=1", "a.c=2"], {"a": {"b": "1", "c": "2"}}),
        (["parts:=[1, 2]", "x:=null"], {"parts": [1, 2], "x": None}),
        (['{"reason": "x"}'], {"reason": "x"}),
    ],
)
def test_fields_are_read(words: list[str], fields: dict[str, object]) -> None:
    assert read_fields(words) == fields


@pytest.mark.parametrize(
    "words",
    [
        ["reason"],
        ["=x"],
        [":=1"],
        ["a:={"],
        ["a=1", "a=2"],
        ["a=1", "a.b=2"],
        ["a.b=1", "a=2"],
        ["{"],
    ],
)
def test_fields_that_cannot_be_read_are_refused_by_the_word(words: list[str]) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        read_fields(words)

    assert refused.value.value == words[-1]


@pytest.mark.parametrize(
    "words",
    [
        ["a:=" + "[" * 100_000],
        ["a:=" + "[" * 100_000 + "]" * 100_000],
        ["a:=" + "[" * (DEPTH_MAX + 1) + "]" * (DEPTH_MAX + 1)],
        ['{"a":' * 2_000 + "1" + "}" * 2_000],
        [".".join("a" * 5_000) + "=1"],
    ],
    ids=["unclosed", "far too deep", "one too deep", "objects", "dots"],
)
def test_fields_that_stand_too_far_within_one_another_are_refused(words: list[str]) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        read_fields(words)

    assert refused.value.field == "fields"


def test_fields_may_stand_as_far_within_one_another_as_is_said() -> None:
    assert read_fields(["a:=" + "[" * DEPTH_MAX + "]" * DEPTH_MAX])
    assert read_fields([".".join("a" * DEPTH_MAX) + "=1"])


@pytest.mark.parametrize(
    "text",
    [
        *("0001-01-01", "9999-12-31", "1969-12-31", "2201-01-01", "20260302", "2026-W10-1"),
        *("2026-02-30", "yesterday", "", "2026-03-02T00:00", "٢٠٢٦-03-02"),
    ],
)
def test_what_is_no_day_of_our_time_is_refused_by_its_field(text: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        read_day("from", text)

    assert (refused.value.field, refused.value.value) == ("from", text)
    assert "1970 to 2200" in (refused.value.allowed or "")


def test_a_period_has_its_days_in_order_and_may_be_open() -> None:
    first, last = read_days("1970-01-01", "2200-12-31")

    assert (str(first), str(last)) == ("1970-01-01", "2200-12-31")
    assert read_days(None, None) == (None, None)
    with pytest.raises(InvalidRequestError, match="before the first"):
        read_days("2026-03-02", "2026-03-01")


def test_a_command_is_named_with_hyphens_or_underscores() -> None:
    assert read_kind("hand-over") == read_kind("hand_over") == "hand_over"


@pytest.mark.parametrize("word", ["report", "ring-rung", "record-history-lost", "accepts"])
def test_what_people_cannot_ask_of_an_issue_is_no_command(word: str) -> None:
    with pytest.raises(InvalidRequestError):
        read_kind(word)
