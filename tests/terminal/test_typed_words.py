"""Actors and fields, as they are typed."""

import pytest
import typer

from domain.errors import InvalidRequestError
from terminal.actors import read_actor
from terminal.fields import read_fields, read_kind


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


def test_a_command_is_named_with_hyphens_or_underscores() -> None:
    assert read_kind("hand-over") == read_kind("hand_over") == "hand_over"


@pytest.mark.parametrize("word", ["report", "ring-rung", "record-history-lost", "accepts"])
def test_what_people_cannot_ask_of_an_issue_is_no_command(word: str) -> None:
    with pytest.raises(InvalidRequestError):
        read_kind(word)
