"""Personal texts: plain at the door only, decided on and kept sealed, repeated by no refusal."""

import json
import traceback
from datetime import datetime
from types import UnionType
from typing import get_args

import builders as b
import builders_callbacks as bc
import pytest
from pydantic import JsonValue

from domain import commands as cmd
from domain import commands_of_time as tm
from domain.canonical import canonical
from domain.commands import Command, read_submission
from domain.errors import PERSONAL_FIELDS, InvalidRequestError
from domain.events import Event
from domain.model import Frozen
from domain.people import ENGINE, Actor
from domain.personal import (
    ContactPerson,
    Personal,
    Sealed,
    SealedContact,
    holds_plain,
    plain_in,
    require_sealed,
    said_in,
    sealed_by,
)

SECRET = "Ms Example, 139-0000-0000"
PLAIN = Personal(subject="p-17", text=SECRET)
SEALED = Sealed(key_id="0" * 16, nonce="A" * 16, subject="p-17", text="A" * 107 + "=")
CONTACT = ContactPerson(name=PLAIN, phone=Personal(subject="p-17", text="139-0000-0000"))
WITH_PERSONAL = [
    (b.report(contact=CONTACT), b.ENTERPRISE, (), b.MON_10),
    (cmd.Note(text="Called.", personal=PLAIN), b.OFFICER, b.IN_HANDLING, b.MON_10),
    (tm.Contact(note="Spoken with.", personal=PLAIN), b.OFFICER, b.IN_HANDLING, b.MON_10),
    (cmd.Confirm(personal=PLAIN), b.ENTERPRISE, b.IN_SIGN_OFF, b.MON_10),
    (
        b.UNREACHABLE.model_copy(update={"personal": PLAIN}),
        b.COORDINATOR,
        b.IN_SIGN_OFF,
        b.NEXT_FRI_9,
    ),
    (
        bc.AGREES.model_copy(update={"personal": PLAIN}),
        b.SUPERVISOR,
        (*b.CLOSED_OUT, b.Step(ENGINE, bc.DRAW, b.MON_9)),
        b.MON_10,
    ),
]


def members(kind: object) -> set[type[Frozen]]:
    """Return the models of a union, however deep it is nested."""
    if isinstance(kind, type) and issubclass(kind, Frozen):
        return {kind}
    return {model for inner in get_args(kind) for model in members(inner)}


@pytest.mark.parametrize(("union", "types"), [(Command, {Personal, Sealed}), (Event, {Sealed})])
def test_personal_texts_stand_in_the_fields_that_no_refusal_repeats(
    union: UnionType, types: set[type[Frozen]]
) -> None:
    within = {
        (name, model)
        for kind in members(union)
        for name, field in kind.model_fields.items()
        for model in members(field.annotation)
        if model in (Personal, Sealed, ContactPerson, SealedContact)
    }
    contact = SealedContact if types == {Sealed} else ContactPerson
    assert within == {("personal", kind) for kind in types} | {("contact", contact)}
    assert {name for name, _ in within} == PERSONAL_FIELDS


@pytest.mark.parametrize(("command", "actor", "before", "at"), WITH_PERSONAL)
def test_a_command_is_decided_on_sealed_and_its_event_keeps_the_seal(
    command: Command, actor: Actor, before: tuple[b.Step, ...], at: datetime
) -> None:
    sealed = sealed_by(command, lambda _: SEALED)
    issue = b.given(*before) if before else None
    decided = b.decide(issue, b.submission(sealed, actor), b.context(at))
    kept = [each.said for event in decided.events for each in said_in(event)]
    assert kept == [SEALED] * len(said_in(command))
    assert said_in(decided.issue) == ()


@pytest.mark.parametrize(("command", "actor", "before", "at"), WITH_PERSONAL)
def test_a_command_with_a_plain_text_is_not_decided_on(
    command: Command, actor: Actor, before: tuple[b.Step, ...], at: datetime
) -> None:
    issue = b.given(*before) if before else None
    with pytest.raises(InvalidRequestError) as refused:
        b.decide(issue, b.submission(command, actor), b.context(at))
    assert "139" not in str(refused.value)
    with pytest.raises(InvalidRequestError) as refused:
        require_sealed(command)
    assert refused.value.field == said_in(command)[0].field
    assert "139" not in json.dumps(refused.value.details())


def test_what_is_sealed_already_stays_as_it_is() -> None:
    half = b.report(contact=ContactPerson(name=SEALED, phone=PLAIN))
    other = SEALED.model_copy(update={"key_id": "1" * 16})
    whole = sealed_by(half, lambda _: other)
    assert [each.said for each in said_in(whole)] == [SEALED, other]
    assert plain_in(whole) == ()
    assert sealed_by(whole, lambda _: SEALED) is whole
    assert sealed_by(b.ACCEPT, lambda _: SEALED) is b.ACCEPT


def test_the_phone_may_be_left_out() -> None:
    sealed = sealed_by(b.report(contact=ContactPerson(name=PLAIN)), lambda _: SEALED)
    assert [(each.field, each.said) for each in said_in(sealed)] == [("contact.name", SEALED)]


def test_a_plain_text_is_told_by_how_its_json_begins_and_a_sealed_one_is_not() -> None:
    """The ledger refuses commands and events by this mark (`ledger.codec.PLAIN_TEXT`)."""
    assert canonical(PLAIN).startswith('{"subject":')
    assert '{"subject":' not in canonical(b.report(contact=ContactPerson(name=SEALED)))
    assert '{"subject":' not in canonical(b.report(text='{"subject":'))


def test_a_plain_text_is_not_shown_by_mistake() -> None:
    assert SECRET not in repr(PLAIN)
    assert SECRET not in repr(b.report(contact=CONTACT))


@pytest.mark.parametrize(
    "command",
    [
        {"kind": "note", "text": "-", "personal": SECRET},
        {"kind": "note", "text": "-", "personal": {"subject": "p 17", "text": SECRET}},
        {"kind": "note", "text": "-", "personal": {"subject": "p", "text": SECRET * 100}},
        {"kind": "note", "text": "-", "personal": {"subject": "p", "words": SECRET}},
        {"kind": "note", "text": "-", "personal": {"subject": SECRET, "text": ""}},
        {"kind": "note", "text": "-", "contact": SECRET},
        {"kind": "contact", "note": "-", "personal": [SECRET]},
        {"kind": "report", "contact": {"name": SECRET}},
        {"kind": "report", "contact": {"name": {"subject": "p", "text": "x"}, "fone": SECRET}},
        {"kind": "report", "contact": {"name": {"subject": "p", "text": "x"}, SECRET: 1}},
        {"kind": "report", "contact": {"name": {"subject": "p", "text": "x", SECRET: 1}}},
        {"kind": "note", "text": "-", "personal": {"subject": "p", "text": "x", SECRET: "-"}},
    ],
)
def test_a_refusal_of_a_malformed_text_does_not_repeat_it(command: dict[str, JsonValue]) -> None:
    if command["kind"] == "report":
        command |= b.report().model_dump(mode="json", exclude={"contact"})
    sent = b.submission(b.ACCEPT).model_dump(mode="json") | {"command": command}
    with pytest.raises(InvalidRequestError) as refused:
        read_submission(json.dumps(sent))
    assert "139" not in json.dumps(refused.value.details())
    assert refused.value.value is None
    assert "139" not in "".join(traceback.format_exception(refused.value))


def test_a_refusal_names_the_part_of_a_personal_field_that_was_wrong() -> None:
    command = {"kind": "note", "text": "-", "personal": {"subject": "p", "text": ""}}
    sent = b.submission(b.ACCEPT).model_dump(mode="json") | {"command": command}
    with pytest.raises(InvalidRequestError) as refused:
        read_submission(json.dumps(sent))
    assert refused.value.field == "command.note.personal.Personal.text"


def test_a_refusal_of_the_command_called_contact_says_what_was_wrong() -> None:
    command = {"kind": "contact", "note": "-", "channel": "x" * 300}
    sent = b.submission(b.ACCEPT).model_dump(mode="json") | {"command": command}
    with pytest.raises(InvalidRequestError) as refused:
        read_submission(json.dumps(sent))
    assert refused.value.field == "command.contact.channel"
    assert refused.value.value == "x" * 120


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ({"report": {"command": {"contact": {"name": {"subject": "p", "text": "-"}}}}}, True),
        ([{"personal": "anything"}], True),
        ({"personal": {"subject": "p", "text": "-"}}, True),
        ({"personal": {**SEALED.model_dump(), "note": "-"}}, True),
        ({"personal": SEALED.model_dump()}, False),
        ({"contact": {"name": SEALED.model_dump(), "phone": None}}, False),
        ({"contact": {"name": SEALED.model_dump(), "phone": "139"}}, True),
        ({"contact": {"name": SEALED.model_dump(), SECRET: None}}, True),
        ({"contact": {"name": {"name": SEALED.model_dump()}}}, True),
        ({"personal": SEALED.model_dump() | {"text": SECRET}}, True),
        ({"personal": SEALED.model_dump() | {"text": "13900000000="}}, True),
        ({"personal": SEALED.model_dump() | {"nonce": SECRET}}, True),
        ({"personal": {SECRET: None}}, True),
        ({"personal": []}, True),
        ({"contact": None, "personal": None, "text": "personal"}, False),
        ("personal", False),
    ],
)
def test_what_was_sent_past_the_door_is_looked_through(value: JsonValue, plain: bool) -> None:
    assert holds_plain(value) is plain
