"""At the desk, through either door: a face's word is checked before anything is decided."""

import json
import pickle
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import builders as b
import builders_sign_off as bs
import pytest
from desks import STREAM, Counter, StandingClock
from pydantic import SecretStr

from audit.across import Across, Depth
from audit.reexecute import reexecute_all
from audit.verification import verify_in_memory
from audit.verify import verify_stream
from audit.vouched import VouchTally
from desk.answer_links import answer, issue_link
from desk.sealing import Sealer
from desk.vouching import Vouching
from domain.access import Principal, Standing
from domain.canonical import canonical
from domain.commands import Submission, read_submission
from domain.errors import ConflictError, InvalidRequestError, NotPermittedError
from domain.personal import ContactPerson, Personal
from domain.vouching import ActorKind, TrustedFace, Vouch, unvouched
from ledger.memory import MemoryLedger
from runtime.face_keys import FaceKey, make_face_key
from runtime.seals import FileKeys

pytestmark = pytest.mark.attack

FACE = Principal(id="key:hotline", name="hotline", standings=(Standing.SERVICE,))
REPORT = b.report(
    contact=ContactPerson(
        name=Personal(subject="p-1", text="范例女士"),
        phone=Personal(subject="p-1", text="139-0000"),
    )
)


@dataclass
class Ring:
    """Keys for a test: those that are trusted, and the process's own."""

    faces: list[TrustedFace] = field(default_factory=list)
    mine: FaceKey | None = None

    def trusted(self) -> dict[str, TrustedFace]:
        return {face.id: face for face in self.faces}

    def own(self) -> FaceKey | None:
        return self.mine


@pytest.fixture
def key(tmp_path: Path) -> FaceKey:
    return make_face_key(tmp_path / "one.pem")


@pytest.fixture
def second(tmp_path: Path) -> FaceKey:
    return make_face_key(tmp_path / "two.pem")


def trusting(key: FaceKey, **bounds: object) -> TrustedFace:
    said = {"key": key.text, "name": "a face", "actors": tuple(ActorKind)} | bounds
    return TrustedFace.model_validate(said)


def believing(counter: Counter, *faces: TrustedFace, mine: FaceKey | None = None) -> Ring:
    """Have a desk take the word of faces, and nothing without one."""
    ring = Ring(list(faces), mine)
    counter.desk.vouching = Vouching(ring, wanted=True)
    return ring


def vouched(key: FaceKey, sent: Submission) -> Submission:
    return key.vouch(sent, FACE.id)


async def test_a_vouched_command_is_carried_out_and_the_word_is_kept_with_it(
    office: Counter, key: FaceKey
) -> None:
    believing(office, trusting(key))

    await office.desk.carry_out(vouched(key, b.submission(b.report(), b.ENTERPRISE)))
    await office.desk.carry_out_for_workflow(vouched(key, b.submission(b.ACCEPT)))

    for row in await office.ledger.commands(STREAM):
        kept = read_submission(row.body).vouched
        assert kept is not None
        assert (kept.by, kept.principal) == (key.id, "key:hotline")
    assert (await reexecute_all(office.ledger)).is_identical


async def test_what_nobody_vouches_for_is_refused_where_a_word_is_wanted(
    office: Counter, key: FaceKey
) -> None:
    believing(office, trusting(key))

    for carry_out in (office.desk.carry_out, office.desk.carry_out_for_workflow):
        with pytest.raises(NotPermittedError, match="vouches") as refused:
            await carry_out(b.submission(b.report(), b.ENTERPRISE))
        assert refused.value.field == "vouched"

    assert not await office.ledger.commands(STREAM)
    assert [each.code for each in await office.ledger.refusals(STREAM)] == ["not_permitted"] * 2


@pytest.mark.parametrize(
    ("bounds", "why"),
    [
        ({"actors": ("officer",)}, "actors of the kind representative"),
        ({"zones": ("west",)}, "in the zone harbour"),
        ({"from_at": b.MON_9 + timedelta(milliseconds=1)}, "not taken yet"),
        ({"until_at": b.MON_9}, "no longer taken"),
    ],
)
async def test_a_face_says_no_more_than_it_may(
    memory: Counter, key: FaceKey, bounds: dict[str, object], why: str
) -> None:
    believing(memory, trusting(key, **bounds))

    with pytest.raises(NotPermittedError, match=why):
        await memory.desk.carry_out(vouched(key, b.submission(b.report(), b.ENTERPRISE)))


async def test_a_service_that_may_speak_for_itself_speaks_for_no_other(
    memory: Counter, key: FaceKey
) -> None:
    believing(memory, trusting(key, actors=("service",), services=("importer",)))

    with pytest.raises(NotPermittedError, match=f"for the service {b.HOTLINE.name}"):
        await memory.desk.carry_out(vouched(key, b.submission(b.report(), b.HOTLINE)))


async def test_any_change_after_the_word_was_given_is_noticed(
    memory: Counter, key: FaceKey, second: FaceKey
) -> None:
    believing(memory, trusting(key), trusting(second))
    sent = vouched(key, b.submission(b.report(), b.ENTERPRISE, id_="r1"))
    word = sent.vouched
    assert word is not None
    changes: list[dict[str, object]] = [
        {"id": "r2"},
        {"key": "other"},
        {"actor": b.HEAD},
        {"expected_version": 0},
        {"occurred_at": b.MON_9},
        {"command": b.report(title="Another one")},
        {"vouched": word.model_copy(update={"principal": "user:another"})},
        {"vouched": word.model_copy(update={"by": second.id})},
    ]

    for change in changes:
        with pytest.raises(NotPermittedError, match="not of this request"):
            await memory.desk.carry_out(sent.model_copy(update=change))
    assert (await memory.desk.carry_out(sent)).version == 1


async def test_a_key_that_nobody_trusts_is_named(memory: Counter, key: FaceKey) -> None:
    memory.desk.vouching = Vouching(Ring())

    with pytest.raises(NotPermittedError) as refused:
        await memory.desk.carry_out(vouched(key, b.submission(b.report(), b.ENTERPRISE)))

    assert (refused.value.field, refused.value.value) == ("vouched.by", key.id)
    assert "no such key is trusted" in str(refused.value)


@pytest.mark.parametrize("signature", ["", "A" * 85, "A" * 87, "A" * 85 + "B", "=" * 86, "é" * 86])
def test_a_signature_has_one_spelling(signature: str) -> None:
    plain = b.submission(b.ACCEPT).model_dump(mode="json")
    plain["vouched"] = {"by": "face-1", "principal": "user:a", "signature": signature}

    with pytest.raises(InvalidRequestError):
        read_submission(canonical(plain))


def test_a_word_is_the_same_whenever_it_is_given(key: FaceKey) -> None:
    sent = b.submission(b.ACCEPT, id_="a1")

    assert vouched(key, sent) == vouched(key, sent)
    assert unvouched(vouched(key, sent)) == sent
    assert canonical(vouched(key, vouched(key, sent))) == canonical(vouched(key, sent))


async def test_a_repeat_may_come_with_another_word_or_with_none(
    office: Counter, key: FaceKey, second: FaceKey
) -> None:
    ring = believing(office, trusting(key))
    await office.desk.carry_out(vouched(key, b.submission(b.report(), b.ENTERPRISE)))
    sent = b.submission(b.ACCEPT, id_="accept-1")
    first = await office.desk.carry_out(vouched(key, sent))

    ring.faces.append(trusting(second))
    again = await office.desk.carry_out(vouched(second, sent))
    through = await office.desk.carry_out_for_workflow(vouched(second, sent))
    office.desk.vouching = Vouching(ring)
    bare = await office.desk.carry_out(sent)

    repeated = first.model_copy(update={"repeated": True})
    assert (again, through.result, bare) == (repeated, repeated, repeated)
    other = b.submission(b.NOTE, id_="accept-1")
    with pytest.raises(ConflictError):
        await office.desk.carry_out(vouched(second, other))


async def test_personal_texts_are_sealed_under_the_word_that_is_kept(
    office: Counter, key: FaceKey, tmp_path: Path
) -> None:
    believing(office, trusting(key), mine=key)
    office.desk.sealer = Sealer(FileKeys(tmp_path / "subjects"))
    sent = vouched(key, b.submission(REPORT, b.ENTERPRISE, id_="r1"))

    first = await office.desk.carry_out(sent)
    again = await office.desk.carry_out(sent)

    (row,) = await office.ledger.commands(STREAM)
    assert "范例女士" not in row.body
    assert again == first.model_copy(update={"repeated": True})
    depth = Depth(faces=(trusting(key),))
    assert (await verify_stream(office.ledger, STREAM, depth=depth)).is_sound


async def test_what_another_face_signed_in_plain_cannot_be_kept_under_its_word(
    memory: Counter, key: FaceKey, second: FaceKey, tmp_path: Path
) -> None:
    believing(memory, trusting(key), mine=second)
    memory.desk.sealer = Sealer(FileKeys(tmp_path / "subjects"))
    sent = b.submission(REPORT, b.ENTERPRISE)

    with pytest.raises(NotPermittedError, match="sealed already"):
        await memory.desk.carry_out(vouched(key, sent))

    sealed = await memory.desk.sealer.sealed(sent, memory.ledger)
    assert isinstance(sealed.command.model_dump()["contact"]["name"], dict)
    assert (await memory.desk.carry_out(vouched(key, sealed))).version == 1


async def test_the_engine_rings_without_a_word(memory: Counter, key: FaceKey) -> None:
    believing(memory, trusting(key))
    await memory.desk.carry_out(vouched(key, b.submission(b.report(), b.ENTERPRISE)))
    rung = await memory.next_rung()
    memory.clock.at = rung.due_at

    assert (await memory.ring(rung)).outcome == "fired"


async def test_the_command_line_speaks_with_the_key_that_its_user_has(
    memory: Counter, key: FaceKey
) -> None:
    ring = Ring([trusting(key)], key)
    memory.desk.vouching = Vouching(ring, wanted=True, speaks_as="terminal")

    await memory.reported()

    (row,) = await memory.ledger.commands(STREAM)
    kept = read_submission(row.body).vouched
    assert kept is not None
    assert kept.principal == "terminal"


async def test_verify_names_each_word_that_does_not_hold_and_counts_the_others(
    memory: Counter, key: FaceKey, second: FaceKey
) -> None:
    memory.desk.vouching = Vouching(Ring([trusting(key), trusting(second)]))
    await memory.desk.carry_out(vouched(key, b.submission(b.report(), b.ENTERPRISE)))
    await memory.desk.carry_out(vouched(second, b.submission(b.ACCEPT, id_="accept-1")))
    await memory.do(b.NOTE)

    sound = await verify_in_memory(
        memory.ledger, None, faces=(trusting(key), trusting(second, until_at=b.MON_10))
    )
    gone = await verify_in_memory(memory.ledger, None, faces=(trusting(key),))
    narrow = await verify_in_memory(
        memory.ledger, STREAM, faces=(trusting(key), trusting(second, actors=("service",)))
    )
    nobody = await verify_in_memory(memory.ledger, None)

    assert sound.is_sound
    assert sound.plain()["actors"] == {
        "vouched": {"officer": 1, "representative": 1},
        "unvouched": {"officer": 1},
        "unchecked": 0,
    }
    (found,) = gone.found
    assert (found.kind, found.version, found.field) == ("vouch", 2, "vouched.by")
    assert found.message == f"command accept-1: the word of {second.id}: no such key is trusted"
    assert [each.message.rpartition(": ")[2] for each in narrow.found] == [
        "it may not speak for actors of the kind officer"
    ]
    assert nobody.is_sound
    assert nobody.vouches is not None
    assert nobody.vouches.unchecked == 2


async def test_a_word_that_was_written_over_is_found(memory: Counter, key: FaceKey) -> None:
    """Even by somebody who hashed everything anew."""
    believing(memory, trusting(key))
    sent = vouched(key, b.submission(b.report(), b.ENTERPRISE))
    forged = sent.model_copy(
        update={"vouched": Vouch(by=key.id, principal="user:x", signature="A" * 86)}
    )
    memory.desk.vouching = Vouching()
    with pytest.raises(NotPermittedError):
        await memory.desk.carry_out(forged)
    memory.desk.vouching = _Credulous()
    await memory.desk.carry_out(forged)

    found = await verify_stream(memory.ledger, STREAM, depth=Depth(faces=(trusting(key),)))

    (only,) = found.found
    assert (only.kind, only.field) == ("vouch", "vouched.signature")


class _Credulous(Vouching):
    """What somebody would run who owns the database, but no face's key."""

    def _require(self, submission: Submission, at: object) -> None:
        del submission, at


async def test_an_answer_by_link_bears_the_word_of_the_process_that_checked_the_link(
    clock: StandingClock, key: FaceKey
) -> None:
    office = Counter(MemoryLedger(), clock, terms=bs.LINKING)
    await office.accepted()
    await office.do(b.PROPOSE)
    secret = SecretStr("a secret of the tests, 32 characters or more")
    made = await issue_link(office.desk, secret, b.submission(bs.LINK, b.COORDINATOR, id_="l-1"))
    believing(office, trusting(key), mine=key)

    done = await answer(office.desk, secret, made.token, accept=True)

    (row,) = [row for row in await office.ledger.commands(STREAM) if row.id == done.command_id]
    kept = read_submission(row.body).vouched
    assert kept is not None
    assert kept.principal == f"link:{made.event.link}"


async def test_what_was_counted_is_carried_to_other_processes_and_through_a_file(
    memory: Counter, key: FaceKey
) -> None:
    believing(memory, trusting(key))
    await memory.desk.carry_out(vouched(key, b.submission(b.report(), b.ENTERPRISE)))
    depth, across = pickle.loads(pickle.dumps((Depth(faces=(trusting(key),)), Across())))  # noqa: S301  # ours

    await verify_stream(memory.ledger, STREAM, across=across, depth=depth)
    total = VouchTally.of_plain(VouchTally().plain())
    total.take_in(pickle.loads(pickle.dumps(across)).vouches)  # noqa: S301  # ours

    assert VouchTally.of_plain(json.loads(json.dumps(total.plain()))).plain() == {
        "vouched": {"representative": 1},
        "unvouched": {},
        "unchecked": 0,
    }
