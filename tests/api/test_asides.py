"""What would have been accepted is told in Chinese too, where it is more than names and codes."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.order_permissions import OrderCapacity
from domain.permissions import Capacity
from face.translated import aside_in, aside_rows

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "desk", "ledger", "api", "console", "face", "audit")
APART = ("domain/matters/", "desk/matter", "api/client/", "desk/importing/")
"""Whose refusals no page shows so far, or of operators alone."""
FIELD = re.compile(r"\{\d\}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PROSE = re.compile(r"[A-Za-z']+ [A-Za-z'{]")
CODES = frozenset(
    {
        "confirm, reject, withdraw, reopen, note",
        "`closeout figures restate {0} --reason …`",
        "{0} or {1}",
        "{0} to {1}",
    }
)
"""What is no prose: commands, and two values of which either may be a text."""


def told(node: ast.expr) -> Iterator[str]:
    """Yield the texts that an expression may come to, fields numbered in order."""
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.JoinedStr(values=values):
            number, text = 0, ""
            for each in values:
                if isinstance(each, ast.Constant):
                    text += str(each.value)
                else:
                    text, number = f"{text}{{{number}}}", number + 1
            yield text
        case ast.List(elts=several) | ast.Tuple(elts=several) | ast.Set(elts=several):
            for each in several:
                yield from told(each)
        case ast.ListComp(elt=one) | ast.SetComp(elt=one) | ast.GeneratorExp(elt=one):
            yield from told(one)
        case ast.IfExp(body=one, orelse=other):
            yield from told(one)
            yield from told(other)
        case ast.BoolOp(values=several):
            for each in several:
                yield from told(each)
        case _:
            return


def texts() -> dict[str, str]:
    """Return each text that code says was allowed, with a file that says it."""
    found: dict[str, str] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            source = path.read_text(encoding="utf-8")
            if name.startswith(APART) or "allowed=" not in source:
                continue
            for call in ast.walk(ast.parse(source)):
                if isinstance(call, ast.Call):
                    for each in (k.value for k in call.keywords if k.arg == "allowed"):
                        found |= dict.fromkeys(told(each), name)
    return found


def test_every_text_of_what_is_allowed_has_one_in_chinese() -> None:
    prose = {text: name for text, name in texts().items() if PROSE.search(text)}
    assert len(prose) > 150
    lacking = {
        text: name for text, name in prose.items() if text not in aside_rows() and text not in CODES
    }
    assert lacking == {}


def test_whoever_may_is_told_in_chinese() -> None:
    for each in (*Capacity, *OrderCapacity):
        assert not re.search("[A-Za-z]", aside_in(each.value, "zh")), each


def test_every_aside_is_chinese_and_has_the_fields_of_its_english() -> None:
    for english, chinese in aside_rows().items():
        assert CHINESE.search(chinese), english
        assert sorted(FIELD.findall(english)) == sorted(FIELD.findall(chinese)), english


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("close A1 first, close B2 first", "请先办结 A1、请先办结 B2"),
        (".xlsx, or CSV", ".xlsx 或 CSV"),
        ("handling, parked, sign_off", "handling, parked, sign_off"),
        ("a coordinator, a higher tier, owner", "协调人员、更高层级、责任岗位"),
        ("there are events, and no stored issue", "有事件，但没有保存的问题"),
        ("after 3, until 9", "3 之后、至 9"),
    ],
)
def test_several_are_told_one_by_one(english: str, chinese: str) -> None:
    assert aside_in(english, "zh") == chinese
    assert aside_in(english, "en") == english
