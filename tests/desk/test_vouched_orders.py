"""At the desk of supervision orders: a face's word is checked as it is for issues."""

from pathlib import Path
from typing import get_args

import builders as b
import builders_orders as o
import pytest
from desks import StandingClock
from supervisions import Bureau

from audit.reexecute import reexecute_all
from audit.verification import verify_in_memory
from desk.vouching import NoKeys, Vouching
from domain.canonical import canonical
from domain.commands import Command
from domain.errors import ConflictError, NotPermittedError
from domain.order_commands import OrderCommand, OrderSubmission, read_order_submission
from domain.people import Actor
from domain.vouching import ActorKind, Faces, TrustedFace, Vouch, unvouched
from ledger.memory import MemoryLedger
from ledger.port import Ledger
from runtime.face_keys import FaceKey, make_face_key

pytestmark = pytest.mark.attack

WHO = "user:supervisor"


class Ring(NoKeys):
    """Keys of a test: those that are trusted."""

    def __init__(self, *faces: TrustedFace) -> None:
        self.faces = faces

    def trusted(self) -> Faces:
        return {face.id: face for face in self.faces}


@pytest.fixture
def key(tmp_path: Path) -> FaceKey:
    return make_face_key(tmp_path / "one.pem")


@pytest.fixture
def second(tmp_path: Path) -> FaceKey:
    return make_face_key(tmp_path / "two.pem")


@pytest.fixture
async def bureau(clock: StandingClock) -> Bureau:
    """A bureau with an issue that an order can be about."""
    return await with_an_issue(MemoryLedger(), clock)


async def with_an_issue(ledger: Ledger, clock: StandingClock) -> Bureau:
    bureau = Bureau(ledger, clock)
    await bureau.reported()
    return bureau


def trusting(key: FaceKey, **bounds: object) -> TrustedFace:
    said = {"key": key.text, "name": "a face", "actors": tuple(ActorKind)} | bounds
    return TrustedFace.model_validate(said)


def sent(command: OrderCommand, actor: Actor = o.SUPERVISOR, id_: str = "i-1") -> OrderSubmission:
    return o.submission(command, actor, id=id_)


def believing(bureau: Bureau, *faces: TrustedFace, wanted: bool = True) -> None:
    bureau.desk.vouching = Vouching(Ring(*faces), wanted=wanted)


async def test_the_word_for_an_order_is_checked_kept_and_verified(
    ledger: Ledger, clock: StandingClock, key: FaceKey
) -> None:
    bureau = await with_an_issue(ledger, clock)
    believing(bureau, trusting(key))

    await bureau.supervision.carry_out(key.vouch(sent(o.issue()), WHO))
    await bureau.until(b.MON_15)

    first, *rung = await ledger.commands(o.STREAM)
    kept = read_order_submission(first.body).vouched
    assert kept is not None
    assert (kept.by, kept.principal) == (key.id, WHO)
    assert rung
    assert (await reexecute_all(ledger)).is_identical
    found = await verify_in_memory(ledger, None, faces=(trusting(key),))
    assert found.is_sound
    assert found.plain()["actors"] == {
        "vouched": {"officer": 1},
        "unvouched": {"representative": 1},
        "unchecked": 0,
    }


async def test_an_order_nobody_vouches_for_is_refused_where_a_word_is_wanted(
    bureau: Bureau, key: FaceKey
) -> None:
    believing(bureau, trusting(key))

    with pytest.raises(NotPermittedError, match="vouches") as refused:
        await bureau.supervision.carry_out(sent(o.issue()))

    assert refused.value.field == "vouched"
    assert not await bureau.ledger.commands(o.STREAM)
    assert [each.code for each in await bureau.ledger.refusals(o.STREAM)] == ["not_permitted"]


@pytest.mark.parametrize(
    ("bounds", "why"),
    [
        ({"actors": ("service",)}, "actors of the kind officer"),
        ({"zones": ("west",)}, "in the zone harbour"),
        ({"until_at": b.MON_9}, "no longer taken"),
    ],
)
async def test_a_face_says_no_more_of_orders_than_it_may(
    bureau: Bureau, key: FaceKey, bounds: dict[str, object], why: str
) -> None:
    believing(bureau, trusting(key, **bounds))

    with pytest.raises(NotPermittedError, match=why):
        await bureau.supervision.carry_out(key.vouch(sent(o.issue()), WHO))


async def test_any_change_to_an_order_after_the_word_was_given_is_noticed(
    bureau: Bureau, key: FaceKey, second: FaceKey
) -> None:
    believing(bureau, trusting(key), trusting(second))
    signed = key.vouch(sent(o.issue()), WHO)
    word = signed.vouched
    assert word is not None
    changes: list[dict[str, object]] = [
        {"id": "i-2"},
        {"key": "order-2"},
        {"actor": o.UNIT},
        {"expected_version": 0},
        {"occurred_at": b.MON_9},
        {"command": o.issue(question="What else?")},
        {"vouched": word.model_copy(update={"principal": "user:another"})},
        {"vouched": word.model_copy(update={"by": second.id})},
    ]

    for change in changes:
        with pytest.raises(NotPermittedError, match="not of this request"):
            await bureau.supervision.carry_out(signed.model_copy(update=change))
    assert (await bureau.supervision.carry_out(signed)).version == 1


async def test_a_repeat_of_an_order_may_come_with_another_word_or_with_none(
    ledger: Ledger, clock: StandingClock, key: FaceKey, second: FaceKey
) -> None:
    bureau = await with_an_issue(ledger, clock)
    believing(bureau, trusting(key), trusting(second), wanted=False)
    asked = sent(o.issue())

    first = await bureau.supervision.carry_out(key.vouch(asked, WHO))
    again = await bureau.supervision.carry_out(second.vouch(asked, "user:b"))
    bare = await bureau.supervision.carry_out(asked)

    assert again == bare == first.model_copy(update={"repeated": True})
    with pytest.raises(ConflictError):
        await bureau.supervision.carry_out(key.vouch(sent(o.issue(question="Other?")), WHO))


async def test_a_word_under_an_order_that_was_written_over_is_found(
    bureau: Bureau, key: FaceKey
) -> None:
    """Even by somebody who hashed everything anew."""
    bureau.desk.vouching = _Credulous()
    forged = Vouch(by=key.id, principal="user:x", signature="A" * 86)
    await bureau.supervision.carry_out(sent(o.issue()).model_copy(update={"vouched": forged}))

    found = await verify_in_memory(bureau.ledger, o.STREAM, faces=(trusting(key),))

    assert [(each.kind, each.field, each.stream) for each in found.found] == [
        ("vouch", "vouched.signature", o.STREAM)
    ]


class _Credulous(Vouching):
    """What somebody would run who owns the database, but no face's key."""

    def _require(self, submission: object, at: object) -> None:
        del submission, at


def test_an_order_that_bears_no_word_is_written_as_before_there_were_any(key: FaceKey) -> None:
    plain = sent(o.issue())

    assert "vouched" not in canonical(plain)
    assert unvouched(key.vouch(plain, WHO)) == plain


def test_no_kind_of_command_is_both_of_an_issue_and_of_an_order() -> None:
    issues, orders = _kinds(Command), _kinds(OrderCommand)

    assert {"report", "accept", "ring_rung"} <= issues
    assert {"issue_order", "ring_order"} <= orders
    assert not issues & orders


def _kinds(union: object) -> set[str]:
    return {each.model_fields["kind"].default for each in get_args(get_args(union)[0])}
