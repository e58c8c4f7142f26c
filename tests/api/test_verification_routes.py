"""Verification and the log over HTTP: how they stand, one issue verified, checkpoints, proofs."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import builders as b
import builders_grants as g
import builders_matters as m
import pytest
from databases import Database
from faces import PEOPLE, Face
from matters_bureau import MatterBureau
from seats import face_over

from audit.checks import Finding, Findings
from audit.verification import Verification
from audit.verified import verification_row
from desk.log_keeper import LogKeeper
from domain.chain import Record
from domain.checkpoints import read_note
from domain.merkle import is_consistent, is_included
from ledger.signing import Signer

OURS = Signer.from_bytes("closeout.example/log", b"\x01" * 32)
STATUS = "/v1/verification"
ONE = f"/v1/verification/{b.ZONE}/{b.KEY}"
EVENT = {"zone": b.ZONE, "key": b.KEY, "version": "1"}


@pytest.fixture
async def kept() -> Face:
    """A ledger in memory, which keeps no log, with one issue."""
    face = face_over()
    await face.counter.accepted()
    return face


async def got(face: Face, path: str, name: str | None = "auditor", **asked: str) -> Any:
    async with face.asked_as(name) as client:
        return await client.get(path, params=asked or None)


async def test_an_issue_is_verified_and_that_is_on_record(kept: Face) -> None:
    found = await got(kept, ONE)
    standing = (await got(kept, STATUS)).json()

    assert found.json() == {
        **{"sound": True, "streams": 1, "events": 2, "commands": 2},
        **{"findings": [], "findings_left_out": 0},
    }
    assert standing["log"] is None
    (verified,) = standing["verified"]
    assert verified["by"] == {"kind": "caller", "name": "user:auditor"}
    assert verified["scope"] == {"stream": f"{b.ZONE}/{b.KEY}", "zone": b.ZONE}
    assert verified["position"] == standing["position"]


async def test_what_was_changed_behind_the_ledgers_back_is_found(
    kept: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = kept.counter.ledger.records

    async def spoilt(stream: str, *, after_version: int = 0) -> list[Record]:
        first, *rest = await whole(stream, after_version=after_version)
        return [replace(first, hash="0" * 64), *rest]

    monkeypatch.setattr(kept.counter.ledger, "records", spoilt)
    told = (await got(kept, ONE)).json()

    assert told["sound"] is False
    assert "fold" in {each["kind"] for each in told["findings"]}


async def test_what_a_verification_came_to_is_a_fact_whoever_asked_for_it(kept: Face) -> None:
    ledger, stream = kept.counter.ledger, f"{b.ZONE}/{b.KEY}"
    await got(kept, ONE)

    row = await ledger.last_verification(stream)

    assert row is not None
    assert (row.sound, row.found, row.position) == (True, 0, await ledger.safe_position())
    assert row.by == '{"kind":"caller","name":"user:auditor"}'
    assert (await got(kept, STATUS)).json()["last"] is None


async def test_the_last_verification_of_everything_is_told_each_zone_its_own(kept: Face) -> None:
    found = tuple(
        Finding("fold", stream, 1, "is not the fold")
        for stream in (f"{b.ZONE}/{b.KEY}", "mountain/m-1", f"order/{b.ZONE}/o-1", "log_entry")
    )
    row = verification_row(
        Verification(Findings(2, 2, 2, found)),
        id_="v-1",
        stream=None,
        position=2,
        began_at=b.MON_9,
        ended_at=b.MON_10,
        by='{"kind":"account","name":"root"}',
    )
    await kept.counter.ledger.put_verification(row)
    bound = PEOPLE["auditor"].model_copy(update={"zones": (b.ZONE,)})
    kept.house.identity.people["bound"] = bound  # type: ignore[attr-defined]  # as tests have it

    last = (await got(kept, STATUS)).json()["last"]
    own = (await got(kept, STATUS, "bound")).json()["last"]

    assert (last["sound"], last["id"], last["position"], last["size"]) == (False, "v-1", 2, 0)
    assert last["by"] == {"kind": "account", "name": "root"}
    assert [each["stream"] for each in last["findings"]] == [each.stream for each in found]
    assert last["findings_left_out"] == 0
    streams = [each["stream"] for each in own["findings"]]
    assert (streams, own["findings_left_out"]) == ([found[0].stream, found[2].stream], 2)


async def test_who_does_not_audit_or_operate_hears_of_no_verification(kept: Face) -> None:
    for name in ("supervisor", "officer", "enterprise", "service", None):
        for path in (STATUS, ONE, f"{STATUS}/checkpoints", f"{STATUS}/anchors"):
            assert (await got(kept, path, name)).status_code == 403
    assert (await got(kept, ONE, "elsewhere")).status_code == 403
    assert (await got(kept, STATUS, "operator")).status_code == 200
    assert (await got(kept, f"/v1/verification/{b.ZONE}/nothing")).status_code == 404


async def test_a_ledger_that_keeps_no_log_has_none_to_show(kept: Face) -> None:
    for path in ("/v1/log/checkpoint", "/v1/log/keys", f"{STATUS}/checkpoints"):
        assert (await got(kept, path)).status_code == 404
    assert (await got(kept, "/v1/log/proof", **EVENT)).status_code == 404
    assert (await got(kept, "/v1/log/checkpoint", None)).status_code == 403


async def test_a_proof_of_nothing_or_of_two_things_is_refused(kept: Face) -> None:
    for asked in (
        {},
        {"zone": b.ZONE},
        {**EVENT, "since": "1"},
        {"kind": "terms"},
        {"kind": "terms", "fact": "a", "version": "1"},
    ):
        answer = await got(kept, "/v1/log/proof", **asked)
        assert (answer.status_code, answer.json()["field"]) == (422, "query")


@pytest.fixture
async def logged(database: Database) -> AsyncIterator[Face]:
    """A ledger in PostgreSQL with one issue, whose log was signed before and after its closing."""
    async with database.ledger(size=4) as ledger:
        face = face_over(ledger=ledger)
        keeper = LogKeeper(ledger, OURS)
        await face.counter.accepted()
        await keeper.carry_on(b.MON_10)
        await face.counter.do(b.PROPOSE)
        await keeper.carry_on(b.MON_11)
        yield face


async def test_checkpoints_are_for_all_who_are_signed_in_and_prove_what_they_say(
    logged: Face,
) -> None:
    note = (await got(logged, "/v1/log/checkpoint", "enterprise")).text
    listed = (await got(logged, f"{STATUS}/checkpoints")).json()["checkpoints"]
    first, last = listed
    event = (await got(logged, "/v1/log/proof", "enterprise", **EVENT)).json()
    grown = (await got(logged, "/v1/log/proof", "service", since=str(first["size"]))).json()
    standing = (await got(logged, STATUS)).json()

    assert note == last["note"]
    assert read_note(note)
    path = [bytes.fromhex(each) for each in event["path"]]
    leaf, root = event["leaf"], bytes.fromhex(last["root"])
    assert is_included(bytes.fromhex(leaf["hash"]), leaf["index"], last["size"], path, root)
    path = [bytes.fromhex(each) for each in grown["path"]]
    before = bytes.fromhex(first["root"])
    assert is_consistent(first["size"], before, last["size"], root, path)
    assert event["holds"] is grown["holds"] is True
    assert (standing["log"]["size"], standing["log"]["checkpoint"]) == (last["size"], last)
    assert (await got(logged, "/v1/log/keys")).json()["keys"][0]["vkey"] == OURS.key.text

    other = {**EVENT, "version": "9"}
    assert (await got(logged, "/v1/log/proof", "bakery", **EVENT)).status_code == 404
    assert (await got(logged, "/v1/log/proof", "enterprise", **other)).status_code == 422
    assert (await got(logged, "/v1/log/checkpoint", size="1000000")).status_code == 404
    unknown = await got(logged, "/v1/log/proof", kind="rumour", fact="a")
    assert (unknown.status_code, unknown.json()["field"]) == (422, "kind")
    fact = {"kind": "terms", "fact": b.TERMS.hash}
    assert (await got(logged, "/v1/log/proof", **fact)).json()["holds"] is True
    assert (await got(logged, "/v1/log/proof", "service", **fact)).status_code == 403
    assert (await got(logged, ONE)).json()["sound"] is True


async def test_the_log_proves_events_of_matters_to_those_who_are_told_all_of_them(
    logged: Face,
) -> None:
    ledger, clock = logged.counter.ledger, logged.counter.clock
    opened = m.asked(kind="open_grant", procedure="supplies", title="Masks", unit="mask")
    await MatterBureau(ledger, clock, g.TERMS).do(opened)
    await LogKeeper(ledger, OURS).carry_on(b.MON_11)  # type: ignore[arg-type]  # PostgreSQL's
    event = {"zone": b.ZONE, "key": m.KEY, "version": "1", "of": "matter"}
    told = await got(logged, "/v1/log/proof", "supervisor", **event)
    assert told.json()["holds"] is True
    assert (await got(logged, "/v1/log/proof", "enterprise", **event)).status_code == 403
    hidden = await got(logged, "/v1/log/proof", "officer", **event)
    assert (hidden.status_code, hidden.json()["code"]) == (404, "unknown_matter")
    order = await got(logged, "/v1/log/proof", "supervisor", **event | {"of": "order"})
    assert (order.status_code, order.json()["code"]) == (404, "unknown_order")
    assert (await got(logged, "/v1/log/proof", "service", **event | {"of": "order"})).is_error
    issue = await got(logged, "/v1/log/proof", "supervisor", **event | {"of": "issue"})
    assert (issue.status_code, issue.json()["code"]) == (404, "unknown_issue")


async def test_the_largest_numbers_that_may_be_asked_for_are_no_error(logged: Face) -> None:
    most = str(2**53 - 1)
    found = {
        path: (await got(logged, path, name)).status_code
        for path, name in (
            (f"{STATUS}/checkpoints?after_size={most}", "operator"),
            (f"{STATUS}/anchors?after={most}", "operator"),
            (f"/v1/log/checkpoint?size={most}", "service"),
            (f"/v1/log/proof?since={most}", "service"),
            (f"/v1/log/proof?zone={b.ZONE}&key={b.KEY}&version={2**31 - 1}", "officer"),
            (f"/v1/figures/{b.ZONE}/{most}", "supervisor"),
            (f"/v1/figures/{b.ZONE}?before={most}", "supervisor"),
            (f"/v1/boards/{b.ZONE}?as_of={'9' * 18}", "supervisor"),
            (f"/v1/boards/{b.ZONE}?as_of=0001-01-01T00:00:00", "supervisor"),
        )
    }

    assert list(found.values()) == [200, 200, 404, 422, 422, 404, 200, 422, 422]
