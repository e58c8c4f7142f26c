"""Files of an import that are not what they say: refused with file, line and what is allowed."""

import gzip
import os
import re
import tomllib
from pathlib import Path

import pytest
from written_logs import HEAD, HEAD_LINES, MAP_TEXT, MAPPING, Wrote, log, trace, written

from desk.importing import xes
from desk.importing.mapping import LogMapping, Meaning, read_mapping
from desk.importing.problems import UnusableLogError, UnusableMappingError
from desk.importing.rows import RowReader
from desk.importing.xes import LogCase, LogEvent, read_log

pytestmark = pytest.mark.attack

ROOT = Path(__file__).parents[2]
ROW = Wrote("Desk", "taken").xml
WHOLE = log(trace("A 1", (ROW,)))
LAUGHS = '<!DOCTYPE log [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>\n<log>&b;</log>'
OUTSIDE = '<!DOCTYPE log SYSTEM "file:///etc/hostname">\n<log/>'


def read(path: Path) -> list[LogCase | LogEvent]:
    return list(read_log(path))


def refusal(path: Path) -> str:
    with pytest.raises(UnusableLogError) as refused:
        read(path)
    return str(refused.value)


def test_a_log_may_be_packed_and_prefixed_and_have_attributes_of_attributes(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log.xes.gz"
    nested = '<x:string key="state" value="taken"><x:string key="state" value="no"/></x:string>'
    path.write_bytes(
        gzip.compress(
            '<x:log xmlns:x="http://www.xes-standard.org/">'
            '<x:global scope="event"><x:string key="state" value="UNKNOWN"/></x:global>'
            '<x:string key="of" value="the log"/>'
            '<x:trace><x:int key="n" value="1"/>'
            f'<x:event>{nested}<x:list key="l"><x:values><x:string key="state" value="no"/>'
            "</x:values></x:list></x:event></x:trace></x:log>".encode()
        )
    )

    (case,) = read(path)

    assert isinstance(case, LogCase)
    assert case.attributes == {"n": "1"}
    assert [each.attributes for each in case.events] == [{"state": "taken"}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEAD}<trace>\n<event>\n</trace>", "line 5: The log is not well-formed XML: mismatched"),
        (WHOLE.removesuffix("</log>\n"), "not well-formed XML: no element found"),
        ("", "line 1: The log is not well-formed XML: no element found"),
        (LAUGHS, "line 1: The log has a document type. Allowed: none"),
        (OUTSIDE, "line 1: The log has a document type"),
        ("<html/>", "line 1: The file begins with <html>. Allowed: <log>"),
        (f"{HEAD}<trace><trace/></trace></log>", "<trace> stands in <trace>."),
        (f"{HEAD}<log/></log>", "<log> stands in <log>. Allowed: <log> in nothing."),
        (f"{HEAD}<trace><event><event/></event></trace></log>", "<event> stands in <event>."),
        (log(trace("A", ('<event><string key="k"/></event>',))), "needs a key and a value"),
        (
            log(trace("A", ('<event><int key="k" value="1"/><int key="k" value="2"/></event>',))),
            "line 4: The attribute 'k' is given twice.",
        ),
        (f"{HEAD}{'<list>' * 70}", "nested too deeply. Allowed: at most 64 elements"),
        ('<?xml version="1.0" encoding="klingon"?><log/>', "cannot be read: unknown encoding"),
    ],
)
def test_what_is_not_a_log_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "log.xes"
    path.write_text(text, encoding="utf-8")

    told = refusal(path)

    assert told.startswith(str(path))
    assert said in told


def test_a_packed_log_that_is_cut_or_damaged_is_refused(tmp_path: Path) -> None:
    path, packed = tmp_path / "log.xes.gz", gzip.compress(WHOLE.encode() * 50)

    path.write_bytes(packed[:-20])
    assert "cannot be unpacked" in refusal(path)
    path.write_bytes(packed[:40] + b"\x00\xff" * 20 + packed[80:])
    assert "cannot be unpacked" in refusal(path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "log.xes.gz"
    with gzip.open(path, "wb") as file:
        file.write(f"{HEAD}<trace>".encode())
        for _ in range(40):
            file.write(b" " * 2**20)

    told = refusal(path)

    assert "too large for what it was packed into" in told
    assert str(xes.UNPACKED_FREE_BYTES) in told


def test_nothing_is_held_that_has_no_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.xes"

    path.write_text(f'{HEAD}<string key="{"k" * (3 * 2**20)}', encoding="utf-8")
    assert "A tag does not end. Allowed: at most 1048576 bytes a tag" in refusal(path)

    monkeypatch.setattr(xes, "CASE_EVENTS_MAX", 2)
    path.write_text(log(trace("A", [ROW] * 3)), encoding="utf-8")
    assert "line 6: The case has too many events. Allowed: at most 2" in refusal(path)

    monkeypatch.setattr(xes, "CASE_CHARACTERS_MAX", 60)
    path.write_text(log(trace("A", [ROW])), encoding="utf-8")
    assert "too much text. Allowed: at most 60 characters" in refusal(path)


def test_a_case_is_given_before_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log.xes"
    many = "".join(trace(f"A {n}", [ROW] * 20) for n in range(200))
    path.write_text(f"{HEAD}{many}</trace>", encoding="utf-8")

    cases = read_log(path)

    assert [next(cases) for _ in range(100)]
    with pytest.raises(UnusableLogError):
        list(cases)


def test_what_is_no_file_is_refused_unread(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert "not a regular file" in refusal(tmp_path / "pipe")
    assert "Is a directory" in refusal(tmp_path)
    assert "No such file" in refusal(tmp_path / "absent.xes")


def test_a_mapping_is_read_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text(MAP_TEXT, encoding="utf-8")

    mapping = read_mapping(path)

    assert mapping == MAPPING
    assert mapping.top_tier == 3
    assert [mapping.tier.tier_of(text) for text in ("Desk", "A 2nd", "A 3rd", "2nd B")] == [
        *(1, 2, 3, 1)
    ]
    assert mapping.status.meanings["waits"] is Meaning.WAITING


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("[group]", "[groups]"),
            "group: this field is missing; groups: there is no such field",
        ),
        (
            ("[group]", "[groups]"),
            "allowed are case, group, resource, signatures, status, tier, ti",
        ),
        (
            ('attribute = "team"', 'key = "team"'),
            "group.key: there is no such field, allowed are attribute, mi",
        ),
        (('" 2nd$"', '"(2nd"'), "map.toml: tier.levels.0.pattern: '(2nd' is no regular expression"),
        (("tier = 3", "tier = 6"), "tier.levels.1.tier: Input should be less than or equal to 5"),
        (('["done"]', '["closed"]'), "status: named twice: closed"),
        (('zone = "desk"', 'zone = "my desk"'), "map.toml: zone: String should match pattern"),
        (("[tier]", '[time]\nzone = "Mars"\n[tier]'), "map.toml: time.zone: "),
        (("[group]", "[group"), "line 4: not TOML"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_where(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    path = tmp_path / "map.toml"
    assert change[0] in MAP_TEXT
    path.write_text(MAP_TEXT.replace(*change), encoding="utf-8")

    with pytest.raises(UnusableMappingError) as refused:
        read_mapping(path)

    assert said in str(refused.value)


def test_a_mapping_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnusableMappingError, match=r"map\.toml: cannot be read: No such file"):
        read_mapping(tmp_path / "map.toml")


def test_the_mappings_in_the_guide_are_two_and_name_every_field() -> None:
    guide = (ROOT / "docs/howto/import-an-event-log.md").read_text(encoding="utf-8")
    told = re.findall(r"^```toml\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)

    moves, signs = (LogMapping.model_validate(tomllib.loads(text)) for text in told)

    assert moves.signatures is None
    assert moves.model_fields_set | signs.model_fields_set == set(LogMapping.model_fields)
    assert signs == read_mapping(ROOT / "docs/howto/bpic2020.toml")


def test_rows_have_the_lines_that_they_begin_on(tmp_path: Path) -> None:
    path = written(tmp_path, {"A 1": [Wrote("Desk", "new"), Wrote(" Yard ", "taken", 1)]})

    (case,) = RowReader(path, MAPPING).cases()

    assert [(row.line, row.number, row.counted.group) for row in case.rows] == [
        (HEAD_LINES + 2, 1, "Desk"),
        (HEAD_LINES + 3, 2, "Yard"),
    ]
