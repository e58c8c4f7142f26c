"""Every refusal has a text in Chinese, and whoever asks in Chinese is told it."""

import re
import time
from itertools import product
from typing import Any

import builders as b
import pytest
from desks import StandingClock
from faces import Face
from open311_face import V2, open311_face
from pydantic_core._pydantic_core import list_all_errors
from refused_texts import texts

from face.translated import MESSAGE_CHARACTERS_MAX, in_language, rows

ONE = f"/v1/issues/{b.ZONE}/{b.KEY}"
ZH = {"Accept-Language": "zh-CN"}
FIELD = re.compile(r"\{\d\}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")

MADE_ELSEWHERE = {
    "Not Found",
    "Method Not Allowed",
    "There was an error parsing the body",
    "There is nothing of this name.",
    "This format is not there; xml and json are.",
    "too many requests; again in {0} s",
    "This token is no good here.",
    "The texts about {0} were erased, and its key with them: it gets no other. "
    "If there is a new ground to keep texts, use a new subject.",
}
"""By Starlette, by FastAPI, or by ours in a form that syntax does not show as a refusal."""

PYDANTIC = frozenset(
    {
        "missing",
        "extra_forbidden",
        "invalid_key",
        "model_type",
        "model_attributes_type",
        "none_required",
        "greater_than",
        "greater_than_equal",
        "less_than",
        "less_than_equal",
        "multiple_of",
        "finite_number",
        "too_short",
        "too_long",
        "string_type",
        "string_too_short",
        "string_too_long",
        "string_pattern_mismatch",
        "enum",
        "dict_type",
        "list_type",
        "tuple_type",
        "set_type",
        "bool_type",
        "bool_parsing",
        "int_type",
        "int_parsing",
        "int_parsing_size",
        "int_from_float",
        "float_type",
        "float_parsing",
        "value_error",
        "literal_error",
        "date_type",
        "date_parsing",
        "date_from_datetime_parsing",
        "date_from_datetime_inexact",
        "time_type",
        "time_parsing",
        "datetime_type",
        "datetime_parsing",
        "datetime_from_date_parsing",
        "timezone_aware",
        "time_delta_type",
        "time_delta_parsing",
        "is_instance_of",
        "union_tag_invalid",
        "union_tag_not_found",
        "uuid_parsing",
        "decimal_parsing",
        "string_not_ascii",
        "json_invalid",
    }
)
"""What pydantic can say of what our models take."""


def of_pydantic() -> set[str]:
    """Return pydantic's own texts, as the installed version has them."""
    found = set()
    for each in list_all_errors():
        if each["type"] in PYDANTIC:
            for collection, plural in product(("List", "Tuple", "Dictionary"), ("", "s")):
                text = each["message_template_python"]
                text = text.replace("{field_type}", collection)
                text = text.replace("{expected_plural}", plural)
                found.add(numbered(text))
    return found


def numbered(text: str) -> str:
    """Return a text with its fields numbered in order."""
    *before, last = re.split(r"\{\w+\}", text)
    return "".join(f"{each}{{{at}}}" for at, each in enumerate(before)) + last


def filled(text: str) -> str:
    """Return a text with something in its fields."""
    return FIELD.sub(lambda field: f"'v{field[0][1]}'", text)


def test_every_refusal_has_a_text_in_chinese_and_no_text_is_of_nothing() -> None:
    ours = texts()
    said = set(ours) | MADE_ELSEWHERE | of_pydantic()
    written = [row["en"] for row in rows()]

    assert len(ours) > 500
    assert sorted(said - set(written)) == []
    assert sorted(set(written) - said) == []
    assert len(written) == len(set(written))


def test_a_text_has_the_same_fields_in_both_languages() -> None:
    for row in rows():
        fields = sorted(FIELD.findall(row["en"]))
        assert sorted(FIELD.findall(row["zh"])) == fields, row
        assert fields == [f"{{{each}}}" for each in range(len(fields))], row
        assert "}{" not in row["en"], row
        assert CHINESE.search(row["zh"]) or row.get("within"), row


def test_every_text_is_found_by_what_its_fields_can_hold() -> None:
    for row in rows():
        if row.get("within"):
            continue
        assert in_language(filled(row["en"]), "zh") == filled(row["zh"])
        assert in_language(filled(row["en"]), "en") == filled(row["en"])


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("Field required.", "必填。"),
        ("Field required (3 in all).", "必填（共 3 处）。"),
        (
            "Value error, line breaks and tabs have no place in a short text.",
            "短文本中不得有换行和制表符。",
        ),
        (
            "The word of F is not taken: no such key is trusted.",
            "F 的担保不予采信：所示密钥不受信任。",
        ),
        ("Input should be greater than or equal to 1.", "不得小于 1。"),
        (
            "The working calendar gives no deadline: 5 days from D reach beyond 20 years",
            "按工作日历无法算出时限：自 D 起 5 天超出20年",
        ),
    ],
)
def test_a_text_within_a_text_is_told_too(english: str, chinese: str) -> None:
    assert in_language(english, "zh") == chinese


def test_what_has_no_text_stays_english() -> None:
    for message in ("Nobody has written this.", "", ".", "{0}", "x" * 5000 + "."):
        assert in_language(message, "zh") == message


def test_a_hostile_value_costs_no_more_than_its_length() -> None:
    pieces = ("a", "'a", ". ", " of ", " from ", " (1 in all).", ": ", "Value error, ", "{0}")
    hostile = [(piece * MESSAGE_CHARACTERS_MAX)[:MESSAGE_CHARACTERS_MAX] for piece in pieces]
    hostile += [f"{row['en'].split('{')[0]}{each}"[:2000] for row in rows() for each in hostile[:2]]

    began = time.process_time()
    for each in hostile:
        in_language(each, "zh")

    assert (time.process_time() - began) / len(hostile) < 0.005


REFUSED: dict[str, tuple[str, str, str, dict[str, Any], int]] = {
    "not_permitted": ("auditor", "POST", "/commands", {"command": {"kind": "accept"}}, 403),
    "unknown_issue": ("officer", "GET", "-not", {}, 404),
    "wrong_phase": (
        "officer",
        "POST",
        "/commands",
        {"command": {"kind": "resume", "note": "Here again."}},
        409,
    ),
    "conflict": (
        "officer",
        "POST",
        "/commands",
        {"command": {"kind": "note", "text": "x"}, "expected_version": 9},
        409,
    ),
    "invalid": ("officer", "POST", "/commands", {"command": {"kind": "note"}}, 422),
    "unknown_command": ("officer", "POST", "/commands", {"command": {"kind": "seize"}}, 422),
    "not_taken_here": ("officer", "GET", "?nothing=1", {}, 422),
}


@pytest.mark.parametrize("family", REFUSED)
async def test_whoever_asks_in_chinese_is_refused_in_chinese(face: Face, family: str) -> None:
    name, method, behind, body, status = REFUSED[family]
    await face.counter.accepted()

    async with face.asked_as(name) as client:
        sent = body | {"id": "c-1"} if body else None
        told = await client.request(method, ONE + behind, headers=ZH, json=sent)
        english = await client.request(method, ONE + behind, json=sent)

    assert told.status_code == english.status_code == status, told.text
    assert told.headers["Content-Language"] == "zh"
    assert CHINESE.search(told.json()["detail"]), told.json()
    assert not CHINESE.search(english.json()["detail"])
    assert told.json().get("allowed") == english.json().get("allowed")


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ({}, "未提供 service_code。"),
        ({"service_code": "no-such"}, "没有该 service_code。"),
        (
            {"service_code": "road-access", "attribute[enterprise]": "mill", "description": "\x01"},
            "字符 U+0001 不是文字。",
        ),
    ],
)
async def test_open311_tells_faults_in_chinese(
    clock: StandingClock, form: dict[str, str], fault: str
) -> None:
    face = open311_face(clock)
    async with face.asked_as(None) as client:
        path = f"{V2}/requests.json"
        told = await client.post(path, data={"api_key": "service"} | form, headers=ZH)

    assert told.status_code in (400, 404), told.text
    assert told.json()[0]["description"].endswith(fault), told.json()
