"""Acting on an issue through its page: every command has its form or a reason for having none;
what is sent is what the ledger has; what is refused comes back with what was typed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from html import unescape

import builders as b
import pytest
from consoles import Console, console_over, require_well_formed
from desks import STREAM, StandingClock
from issue_cases import examples
from pydantic import BaseModel

from console.offers import FIRST, GRAVE, GROUPS, WITHHELD
from console.offers_choices import Asked, enum_text
from console.offers_fields import Block, Entry, Field, Input, entries_of, fields_of
from console.offers_filled import TOP, Filled, command_of, place_of, typed
from console.offers_shown import ShownBlock, ShownEntry, ShownField, label_of, shown_form
from console.texts import has
from domain.commands import Command
from domain.duration_text import written_duration
from domain.errors import InvalidRequestError
from domain.offers import KINDS
from ledger.memory import MemoryLedger

ONE = f"/console/{b.ZONE}/issues/{b.KEY}"


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of a form."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


async def form_of(console: Console, name: str, kind: str) -> dict[str, str]:
    """Return what the form of a command carries along, as somebody is shown it."""
    page = await console.page(name, f"{ONE}/do/{kind}")
    known = ("id", "expected_version", "acting")
    return {name: value for name, value in hidden(page).items() if name in known}


def blocks_of(entries: Iterable[Entry]) -> Iterator[Block]:
    """Yield every block of some entries, those within others too."""
    for entry in entries:
        if isinstance(entry, Block):
            yield entry
            for row in entry.rows:
                yield from blocks_of(row)


# --- the table ---


def test_every_kind_of_command_has_a_form_or_a_reason_for_having_none() -> None:
    assert GROUPS.keys() | WITHHELD.keys() == set(KINDS)
    assert not GROUPS.keys() & WITHHELD.keys()
    assert all(WITHHELD.values())
    assert GROUPS.keys() >= FIRST | GRAVE


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_field_of_every_form_has_a_label_and_every_choice_a_word(language: str) -> None:
    for kind in GROUPS:
        assert has(f"issue_command.{kind}"), kind
        for block in blocks_of(entries_of(kind)):
            assert label_of(kind, block.name, "zh" if language == "zh" else "en")
        for field in fields_of(entries_of(kind)):
            assert label_of(kind, field.name, "zh" if language == "zh" else "en"), field.path
            for each in field.enum or ():
                assert has(enum_text(each)), each


# --- from a form to a command ---


def filled_with(command: BaseModel, entries: tuple[Entry, ...]) -> Iterator[tuple[str, str]]:
    """Yield what somebody types into a form who means this command."""
    for entry in entries:
        value: object = getattr(command, entry.name)
        if isinstance(entry, Field):
            yield from ((entry.path, text) for text in _typed(entry, value))
            continue
        given = value if isinstance(value, tuple) else (value,)
        for row, each in zip(entry.rows, given, strict=False):
            if isinstance(each, BaseModel):
                yield from filled_with(each, row)


def _typed(field: Field, value: object) -> list[str]:
    if value is None or value == ():
        return []
    if field.input is Input.CHECK:
        return ["true"] if value else []
    if field.input is Input.YES_NO:
        return ["true" if value else "false"]
    if field.input is Input.LENGTH:
        return [written_duration(value)]  # type: ignore[arg-type]  # what a length's field holds
    if isinstance(value, tuple):
        return [text for each in value for text in _typed(field, each)]
    if isinstance(value, Enum):
        return [str(value.value)]
    return [value.isoformat() if hasattr(value, "isoformat") else str(value)]


@pytest.mark.parametrize("command", examples(), ids=lambda each: each.kind)
def test_what_is_typed_into_a_form_is_the_command_that_was_meant(command: Command) -> None:
    entries = entries_of(command.kind)
    values = typed(command.kind, list(filled_with(command, entries)))
    read, filled = command_of(command.kind, values, b.CALENDAR)
    assert read == command, filled.mistakes


def test_examples_are_of_every_kind_that_has_a_form() -> None:
    assert {each.kind for each in examples()} == GROUPS.keys()


def test_a_moment_without_an_offset_is_the_zones_own() -> None:
    values = typed(
        "instruct", [("text", "At once."), ("expires_at", "2026-03-03T09:00"), ("text", "more")]
    )
    command, _ = command_of("instruct", values, b.CALENDAR)
    assert command is not None
    assert getattr(command, "expires_at", None) == b.TUE_9


def test_what_is_wrong_is_told_at_its_field() -> None:
    given = [("extra", "soon"), ("clock", "handling"), ("reason", " ")]
    command, filled = command_of("ask_extension", typed("ask_extension", given), b.CALENDAR)
    assert command is None
    assert set(filled.mistakes) == {"extra", "reason"}
    _, nested = command_of("propose_resolution", typed("propose_resolution", []), b.CALENDAR)
    assert set(nested.mistakes) == {"resolution.result", "resolution.summary"}
    _, moment = command_of("instruct", typed("instruct", [("expires_at", "later")]), b.CALENDAR)
    assert "expires_at" in moment.mistakes


def test_a_refusal_stands_at_the_field_that_it_names() -> None:
    assert place_of("escalate", "to_tier") == "to_tier"
    assert place_of("propose_resolution", "resolution.reason") == "resolution.reason"
    assert place_of("convene_team", "parts.unit") == "parts.0.unit"
    assert place_of("add_part", "parts.unit") == "part.unit"
    assert place_of("note", "actor") == TOP
    assert place_of("accept", None) == TOP
    told = Filled().with_refusal("escalate", InvalidRequestError("No.", field="to_tier"))
    assert told.mistakes == {"to_tier": "No."}


def test_a_field_that_names_one_thing_only_is_filled_in_already() -> None:
    issue = b.given(*b.WITH_A_TEAM)
    shown = shown_form("hold_meeting", Asked(issue, b.TERMS), Filled(), "en")
    assert [each.path for each in _flat(shown) if each.required] == ["form", "topic", "attended"]
    form = shown_form("add_part", Asked(issue, b.TERMS), Filled(), "zh")
    ticks = [each for each in _flat(form) if each.path == "part.required"]
    assert ticks[0].values == ("true",)


def _flat(entries: tuple[ShownEntry, ...]) -> Iterator[ShownField]:
    for entry in entries:
        if isinstance(entry, ShownBlock):
            for row in entry.rows:
                yield from _flat(row)
        else:
            yield entry


def test_rows_of_a_list_are_of_one_shape() -> None:
    for kind in GROUPS:
        for block in blocks_of(entries_of(kind)):
            assert len({tuple(type(each) for each in row) for row in block.rows}) == 1


# --- the whole way ---


async def test_a_form_is_shown_sent_and_done(console: Console) -> None:
    await console.counter.accepted()
    page = await console.page("officer", f"{ONE}/do/hand_over")
    assert "Roads section" in page
    assert "Customs" not in page
    data = await form_of(console, "officer", "hand_over")
    data |= {"unit": "roads", "reason": "A matter of roads."}
    async with console.opened_as("officer") as browser:
        sent = await browser.post(f"{ONE}/do/hand_over", data=data)
        again = await browser.post(f"{ONE}/do/hand_over", data=data)
        after = await browser.get(sent.headers["location"])
    assert sent.status_code == again.status_code == 303
    assert "Done: Hand over to a unit." in after.text
    kinds = [record.kind for record in await console.counter.ledger.records(STREAM)]
    assert kinds.count("issue_handed_over") == 1


async def test_every_form_that_is_offered_can_be_opened_in_both_languages(
    console: Console,
) -> None:
    counter = console.counter
    await counter.accepted()
    await counter.do(b.ESCALATE)
    await counter.do(b.CONVENE, b.HEAD)
    opened: set[str] = set()
    for name in ("head", "section", "coordinator", "supervisor", "enterprise", "director"):
        page = await console.page(name, ONE)
        for kind in sorted(set(re.findall(r"/do/([a-z_]+)", page)) - opened):
            for language in ("zh", "en"):
                form = await console.page(name, f"{ONE}/do/{kind}", language=language)
                assert 'name="expected_version"' in form, kind
            opened.add(kind)
    assert len(opened) >= 20


async def test_a_button_is_there_for_whoever_may_and_for_nobody_else(console: Console) -> None:
    await console.counter.reported()
    for name, kinds in {
        "officer": {"accept", "turn_away", "escalate"},
        "enterprise": {"withdraw", "note"},
        "auditor": set(),
    }.items():
        there = set(re.findall(r"/do/([a-z_]+)", await console.page(name, ONE)))
        assert kinds <= there
        if name != "officer":
            assert "accept" not in there
    page = await console.page("supervisor", f"{ONE}/do/accept")
    assert "This cannot be done here now." in page
    assert 'name="expected_version"' not in page


async def test_what_is_refused_comes_back_filled_in_with_the_reason_at_its_field(
    console: Console,
) -> None:
    await console.counter.accepted()
    data = await form_of(console, "officer", "propose_resolution")
    data |= {"resolution.result": "partly", "resolution.summary": "Half <b>done</b>."}
    async with console.opened_as("officer", language="zh") as browser:
        answer = await browser.post(f"{ONE}/do/propose_resolution", data=data)
    assert answer.status_code == 422
    require_well_formed(answer.text)
    assert "Half &lt;b&gt;done&lt;/b&gt;." in answer.text
    assert '<option value="partly" selected>' in answer.text
    assert 'id="field-resolution-reason-mistake"' in answer.text
    assert hidden(answer.text)["id"] == data["id"]
    data["resolution.reason"] = "The bridge is closed."
    async with console.opened_as("officer") as browser:
        assert (await browser.post(f"{ONE}/do/propose_resolution", data=data)).status_code == 303


async def test_whoever_was_slower_is_shown_what_happened_and_keeps_what_they_wrote(
    console: Console,
) -> None:
    await console.counter.accepted()
    data = await form_of(console, "officer", "make_plan")
    data["plan"] = "A survey first."
    await console.counter.do(b.CONTACT, b.COORDINATOR)
    async with console.opened_as("officer") as browser:
        answer = await browser.post(f"{ONE}/do/make_plan", data=data)
        require_well_formed(answer.text)
        assert answer.status_code == 409
        assert "somebody was faster" in answer.text
        assert "Spoke with the mill." in answer.text
        assert "A survey first." in answer.text
        assert re.findall(r'id="fact-(\d+)"', answer.text) == ["3"]
        again = data | hidden(answer.text)
        sent = await browser.post(f"{ONE}/do/make_plan", data=again)
    assert sent.status_code == 303
    kinds = [record.kind for record in await console.counter.ledger.records(STREAM)]
    assert kinds[-2:] == ["enterprise_contacted", "plan_made"]


async def test_time_that_nobody_has_rung_conflicts_once_and_not_for_ever(
    console: Console, clock: StandingClock
) -> None:
    await console.counter.accepted()
    data = await form_of(console, "coordinator", "contact")
    data["note"] = "Called."
    clock.at = b.TUE_9
    async with console.opened_as("coordinator") as browser:
        answer = await browser.post(f"{ONE}/do/contact", data=data)
        assert answer.status_code == 409
        sent = await browser.post(f"{ONE}/do/contact", data=data | hidden(answer.text))
    assert sent.status_code == 303


async def test_what_can_no_longer_be_done_is_said_and_nothing_is_lost(console: Console) -> None:
    await console.counter.reported()
    data = await form_of(console, "officer", "turn_away")
    data |= {"code": "out_of_scope", "reason": "Not ours, sadly."}
    await console.counter.do(b.ACCEPT)
    async with console.opened_as("officer") as browser:
        answer = await browser.post(f"{ONE}/do/turn_away", data=data)
        assert answer.status_code == 409
        assert "can no longer be done" in answer.text
        assert "Not ours, sadly." in answer.text
        late = await browser.post(f"{ONE}/do/turn_away", data=data | hidden(answer.text))
    assert late.status_code == 409
    assert "Not ours, sadly." in late.text


async def test_nobody_ties_an_issue_to_one_that_they_do_not_see(console: Console) -> None:
    await console.counter.do(b.report(enterprise="bakery"), b.OTHER_ENTERPRISE, key="theirs")
    await console.counter.accepted()
    data = await form_of(console, "officer", "link") | {"type": "relates"}
    answers = []
    for target in ("theirs", "nowhere"):
        async with console.opened_as("officer") as browser:
            sent = await browser.post(f"{ONE}/do/link", data=data | {"target": target})
        answers.append((sent.status_code, sent.text.replace(target, "?")))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404


async def test_whoever_holds_two_posts_chooses_in_which_they_act(clock: StandingClock) -> None:
    posts = [
        post | {"people": [*post["people"], b.OFFICER.person]}
        if post["id"] == "coordination"
        else post
        for post in b.HANDBOOK_DATA["posts"]
    ]
    console = console_over(MemoryLedger(), clock, b.terms_of(posts=posts))
    await console.counter.reported()
    page = await console.page("officer", ONE)
    assert 'name="acting"' in page
    form = await console.page("officer", f"{ONE}/do/note?acting=coordination")
    assert '<option value="coordination" selected>' in form
    data = hidden(form) | {"acting": "coordination", "text": "Seen."}
    async with console.opened_as("officer") as browser:
        assert (await browser.post(f"{ONE}/do/note", data=data)).status_code == 303
        wrong = await browser.post(f"{ONE}/do/note", data=data | {"acting": "head-east", "id": "x"})
    assert wrong.status_code == 422
    record = (await console.counter.ledger.records(STREAM))[-1]
    assert getattr(record.event.by, "post", None) == "coordination"


async def test_hostile_forms_are_refused_and_break_nothing(console: Console) -> None:
    await console.counter.accepted()
    good = await form_of(console, "officer", "note") | {"text": "Seen."}
    bad: list[Mapping[str, str]] = [
        good | {"expected_version": "one"},
        good | {"expected_version": "9" * 30},
        good | {"id": "ring:x"},
        good | {"id": "<script>"},
        good | {"text": "\u0000"},
        good | {"text": "x" * 9000},
        good | {"occurred_at": "yesterday"},
        good | {"under": "1 none"},
        good | {"under": "<b>"},
        good | {"acting": "nobody"},
    ]
    for data in bad:
        async with console.opened_as("officer") as browser:
            answer = await browser.post(f"{ONE}/do/note", data=dict(data))
        if "\0" in data["text"]:  # refused at the door: no form has one
            assert answer.status_code == 400
            continue
        assert answer.status_code == 422, data
        require_well_formed(answer.text)
        assert "<script>" not in re.sub(r"<script src=[^>]*>", "", answer.text)
    async with console.opened_as("officer") as browser:
        assert (await browser.get(f"{ONE}/do/ring_rung")).status_code == 422
        assert (await browser.get(f"{ONE}/do/report")).status_code == 422
        link = await browser.get(f"{ONE}/do/issue_answer_link")
    assert link.headers["location"] == f"{ONE}/answer-link"
