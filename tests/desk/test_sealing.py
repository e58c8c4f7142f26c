"""At the desk: what is said of a person is sealed before all else, and gone once it is erased."""

import asyncio
import base64
import io
import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import builders as b
import pytest
from databases import Database
from desks import STREAM, Counter, StandingClock, counter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.reexecute import reexecute_all
from audit.verify import verify_all
from desk.erasing import Asked, erase, keys_come_back
from desk.sealing import Sealer, personal_texts
from domain import commands as cmd
from domain.canonical import canonical
from domain.errors import ConflictError, InvalidRequestError, NotPermittedError
from domain.events import IssueReported
from domain.people import Actor
from domain.personal import ContactPerson, Personal, Sealed, said_in
from ledger.memory import MemoryLedger
from ledger.port import Changes, LedgerError
from runtime.seals import FileKeys

NAME, PHONE, SAID = "范例女士 Ms Example", "139-0000-0000", "Their child is ill until Friday."
REPORT = b.report(
    contact=ContactPerson(
        name=Personal(subject="p-1", text=NAME), phone=Personal(subject="p-1", text=PHONE)
    )
)
NOTE = cmd.Note(text="Called the mill.", personal=Personal(subject="p-2", text=SAID))


def asked(subject: str) -> Asked:
    return Asked(subject=subject, reason="Asked for it.", actor=b.COORDINATOR)


@pytest.fixture
def keys(tmp_path: Path) -> FileKeys:
    return FileKeys(tmp_path / "keys")


@pytest.fixture
def hall(office: Counter, keys: FileKeys) -> Counter:
    """A counter that has keys, once on each ledger."""
    office.desk.sealer = Sealer(keys)
    return office


async def texts(hall: Counter, reader: Actor = b.OFFICER) -> dict[str, str | None]:
    """Return what a reader may read, by place."""
    row = await hall.desk.row(b.ZONE, b.KEY)
    return {
        f"{each.version} {each.field}": each.text
        for each in await personal_texts(hall.desk, row, reader)
    }


async def bytes_of(database: Database) -> bytes:
    """Return every table of the database as text, and what its texts hold in base64 or hex."""
    found = io.BytesIO()
    async with database.connection() as connection:
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        for (table,) in tables:
            await connection.copy_from_table(table, output=found)
    assert len(tables) > 20
    return found.getvalue()


async def test_what_is_said_of_persons_is_kept_sealed_and_read_by_those_who_may(
    hall: Counter, clock: StandingClock
) -> None:
    await hall.do(REPORT, b.ENTERPRISE)
    await hall.do(NOTE)
    whole = {"1 contact.name": NAME, "1 contact.phone": PHONE, "2 personal": SAID}
    assert await texts(hall) == whole
    assert await texts(hall, b.COORDINATOR) == whole
    (read, *others) = await hall.ledger.audit_reads(kind="personal")
    assert len(others) == 1
    assert (json.loads(read.scope), read.at) == ({"issue": STREAM}, clock.at)
    for stranger in (b.ENTERPRISE, b.OTHER_HEAD, b.HOTLINE):
        with pytest.raises(NotPermittedError, match="may not read"):
            await texts(hall, stranger)
    assert len(await hall.ledger.audit_reads(kind="personal")) == 2


async def test_the_plain_text_is_in_no_table_and_the_sealed_one_opens_until_it_is_erased(
    database: Database, clock: StandingClock, keys: FileKeys
) -> None:
    async with counter(database, clock) as hall:
        hall.desk.sealer = Sealer(keys)
        await hall.do(REPORT, b.ENTERPRISE)
        await hall.do(NOTE)
        hidden = [word.encode() for word in (NAME, "Example", PHONE, SAID)]
        key = keys.obtain("p-1").key
        hidden += [key, key.hex().encode(), base64.b64encode(key)]
        before = await bytes_of(database)
        assert [word for word in hidden if word in before] == []
        assert b"p-1" in before
        row = await erase(hall.desk, asked("p-1"))
        after = await bytes_of(database)
        assert [word for word in hidden if word in after] == []
        assert row.row.key_id.encode() in after
        assert (await texts(hall))["2 personal"] == SAID
        assert (await texts(hall))["1 contact.name"] is None


async def test_a_command_sent_again_is_the_same_command_and_another_text_is_another(
    hall: Counter,
) -> None:
    first = await hall.do(REPORT, b.ENTERPRISE, id_="r-1")
    again = await hall.do(REPORT, b.ENTERPRISE, id_="r-1")
    assert again == first.model_copy(update={"repeated": True})
    under_its_key = await hall.do(REPORT, b.ENTERPRISE, id_="r-2")
    assert under_its_key.repeated
    other = REPORT.model_copy(
        update={"contact": ContactPerson(name=Personal(subject="p-1", text="Another"))}
    )
    with pytest.raises(ConflictError, match="contact"):
        await hall.do(other, b.ENTERPRISE, id_="r-3")


async def test_an_erasure_leaves_every_proof_whole_and_the_subject_gets_no_new_key(
    hall: Counter, clock: StandingClock, keys: FileKeys
) -> None:
    await hall.do(REPORT, b.ENTERPRISE, id_="r-1")
    await hall.do(NOTE)
    clock.at += timedelta(hours=1)
    erased = await erase(hall.desk, asked("p-1"))
    assert (erased.repeated, erased.row.at, erased.row.reason) == (False, clock.at, "Asked for it.")
    assert (await verify_all(hall.ledger)).is_sound
    assert (await reexecute_all(hall.ledger)).is_identical
    row = await hall.desk.row(b.ZONE, b.KEY)
    told = await personal_texts(hall.desk, row, b.OFFICER)
    assert [(each.subject, each.text, each.erased_at) for each in told] == [
        ("p-1", None, clock.at),
        ("p-1", None, clock.at),
        ("p-2", SAID, None),
    ]
    about = NOTE.model_copy(update={"personal": Personal(subject="p-1", text=SAID)})
    with pytest.raises(InvalidRequestError, match="erased"):
        await hall.do(about)
    (refusal,) = await hall.ledger.refusals(STREAM)
    assert SAID not in refusal.message
    assert keys.find("p-1") is None


async def test_an_erasure_asked_for_twice_is_recorded_once(
    hall: Counter, clock: StandingClock
) -> None:
    await hall.do(REPORT, b.ENTERPRISE)
    first = await erase(hall.desk, asked("p-1"))
    clock.at += timedelta(days=1)
    again = await erase(hall.desk, asked("p-1"))
    assert (again.repeated, again.row) == (True, first.row)
    assert await hall.ledger.erasures(["p-1", "p-2"]) == [first.row]


async def test_an_erasure_that_was_stopped_half_way_is_recorded_by_the_next(
    hall: Counter, keys: FileKeys
) -> None:
    await hall.do(REPORT, b.ENTERPRISE)
    key_id = keys.destroy("p-1")
    assert await hall.ledger.erasures(["p-1"]) == []
    assert set((await texts(hall)).values()) == {None}
    erased = await erase(hall.desk, asked("p-1"))
    assert (erased.repeated, erased.row.key_id) == (False, key_id)


async def test_a_key_that_a_backup_brings_back_is_named_and_opens_nothing(
    hall: Counter, keys: FileKeys
) -> None:
    await hall.do(REPORT, b.ENTERPRISE)
    await hall.do(NOTE)
    backup = {path: path.read_bytes() for path in keys.folder.glob("*.key")}
    await erase(hall.desk, asked("p-1"))
    assert await keys_come_back(hall.ledger, keys) == (1, [])
    for path in keys.folder.glob("*.erased"):
        path.unlink()
    for path, content in backup.items():
        path.write_bytes(content)
    assert await keys_come_back(hall.ledger, keys) == (2, ["p-1"])
    assert (await texts(hall))["1 contact.name"] is None
    assert (await erase(hall.desk, asked("p-1"))).repeated
    assert await keys_come_back(hall.ledger, keys) == (1, [])


async def test_who_may_not_erase_destroys_nothing(memory: Counter, keys: FileKeys) -> None:
    memory.desk.sealer = Sealer(keys)
    await memory.do(REPORT, b.ENTERPRISE)
    for actor in (b.OFFICER, b.HEAD, b.COORDINATOR.model_copy(update={"person": "nobody"})):
        with pytest.raises(NotPermittedError, match="may not erase"):
            await erase(memory.desk, asked("p-1").model_copy(update={"actor": actor}))
    assert set((await texts(memory)).values()) == {NAME, PHONE}
    with pytest.raises(InvalidRequestError, match="ever sealed"):
        await erase(memory.desk, asked("p-9"))
    assert (await erase(memory.desk, asked("p-1").model_copy(update={"actor": b.DIRECTOR}))).row


async def test_a_service_seals_first_to_come_through_the_workflow(
    memory: Counter, keys: FileKeys
) -> None:
    memory.desk.sealer = Sealer(keys)
    await memory.do(b.report(), b.ENTERPRISE)
    sent = b.submission(NOTE)
    with pytest.raises(InvalidRequestError, match="unsealed") as refused:
        await memory.desk.carry_out_for_workflow(sent)
    assert refused.value.field == "personal"
    sealed = await memory.desk.sealer.sealed(sent, memory.ledger)
    assert SAID not in sealed.model_dump_json()
    await memory.desk.carry_out_for_workflow(sealed)
    assert await texts(memory) == {"2 personal": SAID}
    assert (await memory.desk.carry_out(sent)).repeated


async def test_whoever_was_erased_gets_no_other_key_though_the_folder_of_keys_is_lost(
    hall: Counter, keys: FileKeys
) -> None:
    await hall.do(REPORT, b.ENTERPRISE)
    await erase(hall.desk, asked("p-1"))
    shutil.rmtree(keys.folder)
    again = NOTE.model_copy(update={"personal": Personal(subject="p-1", text=SAID)})

    with pytest.raises(InvalidRequestError, match=r"were erased.*gets no other") as refused:
        await hall.do(again)
    assert (refused.value.field, refused.value.value) == ("subject", "p-1")
    with pytest.raises(InvalidRequestError, match="were erased"):
        await hall.desk.sealer.sealed(b.submission(again), hall.ledger)
    assert keys.find("p-1") is None
    await hall.do(NOTE)
    assert (await texts(hall))["2 personal"] == SAID


async def test_a_text_that_nobody_could_read_is_refused(memory: Counter, keys: FileKeys) -> None:
    memory.desk.sealer = Sealer(keys)
    await memory.do(b.report(), b.ENTERPRISE)
    await memory.do(b.report(), b.ENTERPRISE, key="k2")
    other = b.submission(NOTE, key="k2")
    elsewhere = await memory.desk.sealer.sealed(other, memory.ledger)
    with pytest.raises(InvalidRequestError, match="does not open"):
        await memory.do(elsewhere.command)
    invented = Sealed(key_id="0" * 16, nonce="A" * 16, subject="p-9", text="QUJD")
    with pytest.raises(InvalidRequestError, match="no key"):
        await memory.do(NOTE.model_copy(update={"personal": invented}))
    assert keys.find("p-9") is None


async def test_a_desk_without_keys_takes_no_personal_texts(memory: Counter) -> None:
    with pytest.raises(InvalidRequestError, match="no keys"):
        await memory.do(REPORT, b.ENTERPRISE)
    await memory.do(b.report(), b.ENTERPRISE)
    with pytest.raises(InvalidRequestError, match="no keys"):
        await erase(memory.desk, asked("p-1"))


async def test_a_plain_text_that_got_past_the_desk_is_refused_by_the_ledger(
    hall: Counter,
) -> None:
    await hall.do(REPORT, b.ENTERPRISE)
    (row,) = await hall.ledger.commands(STREAM)
    plain = replace(row, id="n-1", body=canonical(b.submission(NOTE)), first_version=2, count=0)
    changes = Changes(plain, (), None, armed_due_at=None, answered=False)
    async with hall.ledger.transaction() as transaction:
        head, _ = await transaction.lock(STREAM, "n-1")
        with pytest.raises(LedgerError, match="not sealed"):
            await transaction.append(head, changes)
    assert len(await hall.ledger.commands(STREAM)) == 1


async def test_what_is_compared_between_issues_holds_no_personal_text(
    memory: Counter, keys: FileKeys
) -> None:
    memory.desk.sealer = Sealer(keys)
    await memory.do(REPORT, b.ENTERPRISE)
    assert isinstance(memory.ledger, MemoryLedger)
    (kept,) = memory.ledger._tables.texts.values()  # no reader shows it whole
    assert "example" not in kept.plain.lower()
    assert "13900000000" not in kept.plain
    (event, *_) = [record.event for record in await memory.ledger.records(STREAM)]
    assert [isinstance(each.said, Sealed) for each in said_in(event)] == [True, True]
    assert isinstance(event, IssueReported)


SUBJECTS = st.sampled_from(["p-1", "p-2", "p-3"])


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    said=st.lists(st.tuples(SUBJECTS, st.text("字a", min_size=1)), max_size=6),
    gone=st.sets(SUBJECTS),
)
def test_whoever_is_erased_all_else_stays_readable_and_provable(
    said: list[tuple[str, str]], gone: set[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def run() -> None:
        hall = Counter(MemoryLedger(), StandingClock())
        hall.desk.sealer = Sealer(FileKeys(tmp_path_factory.mktemp("keys")))
        await hall.reported()
        for subject, text in said:
            await hall.do(cmd.Note(text="-", personal=Personal(subject=subject, text=text)))
        for subject in gone.intersection(subject for subject, _ in said):
            await erase(hall.desk, asked(subject))
        assert (await verify_all(hall.ledger)).is_sound
        assert (await reexecute_all(hall.ledger)).is_identical
        assert list((await texts(hall)).values()) == [
            None if subject in gone else text for subject, text in said
        ]

    asyncio.run(run())
