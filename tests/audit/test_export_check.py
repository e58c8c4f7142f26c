"""Whether an exported file is still what was exported, with no ledger to ask."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from deep import IN_CHECK
from exports_made import made
from kept_ledger import KeptLedger

from audit.exports import reading
from audit.exports.files import manifest_path
from audit.exports.reading import check_export
from domain.canonical import canonical
from domain.chain import link
from domain.errors import InvalidRequestError

pytestmark = IN_CHECK

LEDGER = KeptLedger(names=("rules-3-procedures",))
Lines = list[dict[str, Any]]
OTHER = "file: it is not the file that its manifest is of: SHA-256 differs"


@pytest.fixture
async def exported(tmp_path: Path) -> Path:
    """JSON lines of a small ledger."""
    file = tmp_path / "log.jsonl"
    await made(LEDGER, "jsonl", file)
    return file


def rewrite(file: Path, change: Callable[[Lines], object]) -> None:
    """Change the lines of a file; its manifest says nothing against it any more."""
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n")[:-1]]
    change(lines)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    file.write_text(text, encoding="utf-8")
    manifest_path(file).unlink()


def put_second(file: Path, line: str) -> None:
    """Put a line behind the first one."""
    first, rest = file.read_text(encoding="utf-8").split("\n", 1)
    file.write_text(f"{first}\n{line}\n{rest}", encoding="utf-8")


def of(lines: Lines, kind: str, number: int = 0) -> Any:
    return [line[kind] for line in lines if kind in line][number]


def stream_of(line: dict[str, Any]) -> str | None:
    (columns,) = line.values()
    return columns.get("stream")


async def found(file: Path, **given: bool) -> list[str]:
    """Return what is found, but for the manifest that is not there."""
    findings = (await check_export(file, **given)).found
    said = [f"{each.kind}: {each.message}" for each in findings]
    return [each for each in said if each != "file: there is no manifest beside it"]


async def test_what_was_exported_is_sound_and_decides_the_same_again(exported: Path) -> None:
    heard: list[int] = []
    checked = await check_export(exported, reexecute=True, progress=heard.append)

    assert checked.found == ()
    assert checked.streams == len(LEDGER.streams_kept) == heard[-1]
    assert checked.events == len(LEDGER._tables.positions)
    assert checked.commands == len(LEDGER._tables.commands)


def _text(lines: Lines) -> None:
    event = of(lines, "event", 5)
    event["text"] = event["text"].replace('"version":', '"version": ')


def _swap(lines: Lines) -> None:
    places = [n for n, line in enumerate(lines) if "event" in line]
    one, other = places[1], places[2]
    lines[one], lines[other] = lines[other], lines[one]


def _without(kind: str, number: int) -> Callable[[Lines], None]:
    def change(lines: Lines) -> None:
        lines.remove({kind: of(lines, kind, number)})

    return change


def _twice(lines: Lines) -> None:
    stream = of(lines, "event")["stream"]
    own = [
        line
        for line in lines
        if stream in (line.get("event") or line.get("command") or {}).values()
    ]
    lines[-1:-1] = own


def _set(line: str, **columns: Any) -> Callable[[Lines], None]:
    number = 3 if line in ("event", "command") else 0
    return lambda lines: of(lines, line, number).update(columns)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_text, "the text is not what was hashed"),
        (_swap, "is missing"),
        (_without("event", 4), "caused"),
        (_without("command", 4), "is not stored"),
        (_without("terms", 0), "are not kept"),
        (_without("end", 0), "breaks off"),
        (_without("export", 0), "nothing to check"),
        (_twice, "not in its place, or twice"),
        (_set("event", kind="note_added"), "column kind is not what the text says"),
        (_set("event", at="2020-01-01T00:00:00.000Z"), "column at is not what the text says"),
        (_set("event", position=0), "its position is not 0"),
        (_set("event", extra=1), "cannot be read"),
        (_set("event", position=float("inf")), "cannot be read: OverflowError"),
        (_set("event", at="2026-03-02T01:00:00"), "has no time zone"),
        (_set("event", text="[" * 100_000), "the text is not JSON"),
        (_set("event", text="null"), "the text is not an object"),
        (_set("command", body="null"), "the body cannot be read"),
        (_set("command", count=-3), "count is -3"),
        (_set("terms", text="[" * 100_000), "cannot be read"),
        (_set("end", events="many"), "lacks a whole number"),
        (_set("end", issues=None), "lacks a whole number"),
        (_set("command", body="{}"), "the body is not what was hashed"),
        (_set("command", at="2020-01-01T00:00:00.000Z"), "at is not what event"),
        (_set("terms", text="{}"), "cannot be read"),
        (_set("end", events=1), "its last line says 1 events"),
        (lambda lines: lines.insert(3, {"more": {}}), "line 4 is of no known kind"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
async def test_a_changed_line_is_found(
    exported: Path, change: Callable[[Lines], object], said: str
) -> None:
    rewrite(exported, change)
    if said == "nothing to check":
        with pytest.raises(InvalidRequestError, match="nothing to check"):
            await check_export(exported)
    else:
        assert [each for each in await found(exported) if said in each]


@pytest.mark.parametrize(
    "line",
    [
        '{"x":' + "[" * 100_000,
        '{"event":{"position":1e400}}',
        '{"terms":{"hash":"x","text":"\\ud800"}}',
        '{"\\uDFFF":1}',
        '{"command":{"at":9e999}}',
    ],
    ids=["deep", "vast", "half a character", "half a name", "no moment"],
)
async def test_whatever_a_line_says_it_is_named_by_its_number(exported: Path, line: str) -> None:
    put_second(exported, line)

    assert [each for each in await found(exported) if "file: line 2 cannot be read: " in each]


@pytest.mark.parametrize("text", ["[]", "[" * 100_000, "\ud800"])
async def test_whatever_a_manifest_says_the_lines_are_checked(exported: Path, text: str) -> None:
    manifest_path(exported).write_bytes(text.encode(errors="surrogatepass"))

    assert await found(exported) == []


async def test_a_line_that_is_no_json_is_found(exported: Path) -> None:
    with exported.open("a", encoding="utf-8") as file:
        file.write("{\n")

    assert OTHER in await found(exported)
    assert any("cannot be read" in each for each in await found(exported))


async def test_another_manifest_is_found(exported: Path) -> None:
    manifest = manifest_path(exported)
    plain = json.loads(manifest.read_text(encoding="utf-8"))
    plain |= {"position": 1, "counts": {}}
    manifest.write_text(json.dumps(plain), encoding="utf-8")

    assert await found(exported) == [
        "file: its last line and its manifest count differently",
        "file: its first line and its manifest differ in position",
    ]


async def test_a_decision_that_does_not_come_out_again_is_found(exported: Path) -> None:
    def later(lines: Lines) -> None:
        """Retell a stream with another event, hashed anew by somebody who knows how."""
        stream = of(lines, "event")["stream"]
        previous = of(lines, "event")["previous"]
        for event in (
            line["event"] for line in lines if line.get("event", {}).get("stream") == stream
        ):
            plain = json.loads(event["text"])
            if event["version"] == 1:
                plain["body"]["title"] = "another title"
            event["text"] = canonical(plain)
            event["previous"], event["hash"] = previous, link(previous, event["text"])
            previous = event["hash"]

    rewrite(exported, later)

    assert await found(exported) == []
    assert [each for each in await found(exported, reexecute=True) if "decision:" in each]


async def test_after_very_many_findings_the_rest_is_not_read(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "FOUND_MAX", 3)
    rewrite(
        exported,
        lambda lines: [line["event"].update(hash="0") for line in lines if "event" in line],
    )

    assert any("the rest was not read" in each for each in await found(exported))


@pytest.mark.parametrize("form", ["csv", "ocel", "xes"])
async def test_of_other_forms_the_digest_tells(form: str, tmp_path: Path) -> None:
    file = tmp_path / "log"
    await made(LEDGER, form, file)
    assert await found(file) == []

    with file.open("ab") as more:
        more.write(b" ")
    assert await found(file) == [OTHER]


async def test_a_file_of_which_nothing_is_known_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("position\n")
    with pytest.raises(InvalidRequestError, match="nothing to check"):
        await check_export(file)


async def test_a_file_that_is_gone_is_found_by_its_manifest(exported: Path) -> None:
    exported.rename(exported.with_name("elsewhere"))  # noqa: ASYNC240  # a test's own folder
    assert await found(exported) == ["file: it is not there, only its manifest"]
