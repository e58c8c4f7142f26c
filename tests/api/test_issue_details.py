"""One issue closely, over HTTP: history, clocks, responsibility, refusals, notices, texts."""

import json
from datetime import timedelta
from pathlib import Path

import builders as b
import pytest
from databases import Database
from desks import Counter, StandingClock
from faces import PEOPLE, Face, NamedIdentity, face_of

from audit.verifier import closeout_verify_evidence as verifier
from desk.log_opening import ensure_key
from desk.sealing import Sealer
from desk.travelling import row_then, sight_of
from domain import commands as cmd
from domain.access import Principal, Standing
from domain.personal import ContactPerson, Personal
from runtime.seals import FileKeys
from runtime.settings import Settings

ONE = f"/v1/issues/{b.ZONE}/{b.KEY}"
STREAM = f"{b.ZONE}/{b.KEY}"
NAME, PHONE, SAID = "范例女士 Ms Example", "139-0000-0000", "Their child is ill until Friday."
HOUR = timedelta(hours=1)


async def lived(face: Face) -> None:
    """Let an issue be reported, accepted, and talked of, an hour between each."""
    clock = face.counter.clock
    await face.counter.reported()
    clock.at += HOUR
    await face.counter.do(b.ACCEPT)
    clock.at += HOUR
    await face.counter.do(b.PAUSE)
    clock.at += HOUR
    await face.counter.do(b.RESUME)
    clock.at += HOUR


async def test_the_timeline_tells_every_event_in_both_languages(face: Face) -> None:
    await lived(face)

    async with face.asked_as("officer") as client:
        answer = await client.get(f"{ONE}/timeline")

    told = answer.json()
    assert [each["kind"] for each in told["events"]] == [
        record.kind for record in await face.counter.ledger.records(STREAM)
    ]
    assert [each["version"] for each in told["events"]] == list(range(1, len(told["events"]) + 1))
    assert told["events"][0]["told"]["zh"].startswith("问题上报")
    assert told["events"][0]["told"]["en"].startswith("reported")
    assert told["next"] is None
    assert answer.headers["Closeout-Position"] == str(told["position"])


async def test_the_timeline_is_read_page_by_page(face: Face) -> None:
    await lived(face)
    whole = [record.version for record in await face.counter.ledger.records(STREAM)]

    paged: list[int] = []
    after: int | None = 0
    async with face.asked_as("officer") as client:
        while after is not None:
            page = (await client.get(f"{ONE}/timeline", params={"after": after, "limit": 2})).json()
            paged += [each["version"] for each in page["events"]]
            after = page["next"]

    assert paged == whole


async def test_the_past_is_told_as_it_was_known(face: Face) -> None:
    await lived(face)
    then = (b.MON_9 + 1.5 * HOUR).isoformat()

    async with face.asked_as("officer") as client:
        timeline = (await client.get(f"{ONE}/timeline", params={"known_at": then})).json()
        clocks = (await client.get(f"{ONE}/clocks", params={"as_of": then})).json()
        held = (await client.get(f"{ONE}/time", params={"as_of": then})).json()

    kinds = [each["kind"] for each in timeline["events"]]
    assert kinds[-1] == "issue_accepted"
    assert {each["reading"]["at"] for each in clocks["clocks"]} == {"2026-03-02T02:30:00.000Z"}
    assert held["stretches"][-1]["to_at"] == "2026-03-02T02:30:00.000Z"


async def test_an_issue_of_the_past_is_the_fold_of_its_events(face: Face) -> None:
    await lived(face)
    last = await face.counter.ledger.safe_position()
    desk = face.counter.desk
    points = [1, 2, last, b.MON_9, b.MON_9 + 0.5 * HOUR, b.MON_9 + 2.5 * HOUR]

    async with face.asked_as("officer") as client:
        for point in points:
            text = str(point) if isinstance(point, int) else point.isoformat()
            answer = await client.get(ONE, params={"as_of": text})

            sight = await sight_of(desk, point)
            row = await row_then(desk, b.ZONE, b.KEY, sight)
            assert answer.json() == desk.seer.view(row, sight.at).model_dump(mode="json")
            assert answer.headers["ETag"] == f'"{row.issue.version}"'
            assert answer.headers["Closeout-Position"] == str(sight.position)


async def test_what_is_no_past_is_refused(face: Face) -> None:
    await lived(face)
    wrong = {
        "as_of": ["yesterday", "2099-01-01T00:00:00Z", "99999", "0", "é", "9" * 30, "x" * 41],
        "known_at": ["2026-13-01", "99999"],
        "wait_for": ["-1", "x", str(2**63)],
    }

    async with face.asked_as("officer") as client:
        for name, texts in wrong.items():
            for text in texts:
                answer = await client.get(ONE, params={name: text})
                assert (answer.status_code, answer.json()["field"]) == (422, name), text
        before = await client.get(ONE, params={"as_of": "2026-03-01T00:00:00Z"})
        two = await client.get(ONE, params={"as_of": "2", "known_at": "2"})

    assert (before.status_code, before.json()["code"]) == (404, "unknown_issue")
    assert two.status_code == 422


async def test_what_is_known_already_is_not_sent_again(face: Face) -> None:
    await face.counter.accepted()

    async with face.asked_as("officer") as client:
        tag = (await client.get(ONE)).headers["ETag"]
        same = await client.get(ONE, headers={"If-None-Match": f'"1", W/{tag}'})
        await face.counter.do(b.NOTE)
        other = await client.get(ONE, headers={"If-None-Match": tag})

    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    assert int(same.headers["Closeout-Position"]) > 0
    assert (other.status_code, other.headers["ETag"] == tag) == (200, False)


async def test_every_clock_shows_what_it_reads_and_derives_why(face: Face) -> None:
    await lived(face)

    async with face.asked_as("officer") as client:
        told = (await client.get(f"{ONE}/clocks")).json()

    issue = (await face.counter.desk.row(b.ZONE, b.KEY)).issue
    assert [each["clock"]["id"] for each in told["clocks"]] == [c.id for c in issue.clocks]
    for each, clock in zip(told["clocks"], issue.clocks, strict=True):
        present = each["cycles"][-1]
        assert present["adds_up"]
        for sums in present["sums"]:
            assert sums["counted_ms"] + sums["unspent_ms"] == sums["budget_ms"]
        assert present["derivation"]["cycle"] == clock.cycle
        assert each["reading"]["due_at"] == each["clock"]["due_at"]
    running = next(each for each in told["clocks"] if each["clock"]["standing"] == "running")
    reading = running["reading"]
    assert reading["net_ms"] + reading["remaining_ms"] == reading["budget_ms"]
    assert reading["gross_ms"] - reading["net_ms"] == HOUR.total_seconds() * 1000


async def test_the_time_of_an_issue_is_somebodys_without_a_hole(face: Face) -> None:
    await lived(face)

    async with face.asked_as("enterprise") as client:
        told = (await client.get(f"{ONE}/time")).json()

    stretches = told["stretches"]
    assert [each["to_at"] for each in stretches[:-1]] == [e["from_at"] for e in stretches[1:]]
    assert told["life_ms"] == 4 * HOUR.total_seconds() * 1000
    assert sum(each["counted_ms"] for each in told["totals"]) == told["counted_ms"]


async def test_only_auditors_read_what_was_refused(face: Face) -> None:
    await face.counter.accepted()
    async with face.asked_as("enterprise") as client:
        for number in range(3):
            body = {"id": f"e{number}", "command": {"kind": "assign", "handler": "roads-desk"}}
            await client.post(f"{ONE}/commands", json=body)
        refused = await client.get(f"{ONE}/refusals")

    async with face.asked_as("auditor") as client:
        first = (await client.get(f"{ONE}/refusals", params={"limit": 2})).json()
        rest = (await client.get(f"{ONE}/refusals", params={"after": first["next"]})).json()

    assert refused.status_code == 403
    found = [*first["refusals"], *rest["refusals"]]
    assert [each["command_id"] for each in found[:3]] == ["e0", "e1", "e2"]
    assert [each["kind"] for each in found[3:]] == ["read_refusals"]
    assert [each["number"] for each in found] == [1, 2, 3, 4]
    assert (found[0]["actor"]["kind"], rest["next"]) == ("representative", None)


async def test_notices_say_who_was_told_and_when(face: Face) -> None:
    await face.counter.accepted()
    kept = await face.counter.ledger.notices(STREAM)
    await face.counter.ledger.mark_delivered(kept[0].id, b.MON_10)

    async with face.asked_as("officer") as client:
        told = (await client.get(f"{ONE}/notices")).json()

    assert [each["id"] for each in told["notices"]] == [each.id for each in kept]
    assert told["notices"][0]["delivered_at"] == "2026-03-02T02:00:00.000Z"
    assert told["next"] is None


@pytest.fixture
def hall(face: Face, tmp_path: Path) -> Face:
    """A face whose desk has keys to seal personal texts with."""
    face.counter.desk.sealer = Sealer(FileKeys(tmp_path / "keys"))
    return face


async def told_of_persons(hall: Face) -> list[str]:
    """Report an issue with a contact and note what concerns a person; return the ciphertexts."""
    contact = ContactPerson(
        name=Personal(subject="p-1", text=NAME), phone=Personal(subject="p-1", text=PHONE)
    )
    await hall.counter.do(b.report(contact=contact), b.ENTERPRISE)
    await hall.counter.do(b.ACCEPT)
    note = cmd.Note(text="Called the mill.", personal=Personal(subject="p-2", text=SAID))
    await hall.counter.do(note)
    found: list[str] = []

    def look(value: object) -> None:
        if isinstance(value, dict):
            if "nonce" in value:
                found.extend((value["text"], value["nonce"]))
            for inner in value.values():
                look(inner)
        elif isinstance(value, list):
            for inner in value:
                look(inner)

    for record in await hall.counter.ledger.records(STREAM):
        look(record.event.model_dump(mode="json"))
    return found


async def test_no_text_about_a_person_leaves_the_house_opened_or_sealed(hall: Face) -> None:
    ciphertexts = await told_of_persons(hall)
    paths = ("", "/timeline", "/clocks", "/time", "/notices", "/refusals")
    others = ("/v1/issues", f"/v1/issues/similar?zone={b.ZONE}&key={b.KEY}")
    answers = []

    for name in ("officer", "auditor", "enterprise", "service"):
        async with hall.asked_as(name) as client:
            answers += [await client.get(f"{ONE}{path}") for path in paths]
            answers += [await client.get(path) for path in others]

    assert len(ciphertexts) == 6
    for answer in answers:
        assert answer.status_code in (200, 403)
        for text in (NAME, PHONE, SAID, *ciphertexts):
            assert text not in answer.text
            assert json.dumps(text) not in answer.text
    timeline = answers[1].json()["events"]
    assert timeline[0]["event"]["contact"]["name"] == {"sealed": True, "subject": "p-1"}
    assert timeline[-1]["event"]["personal"] == {"sealed": True, "subject": "p-2"}


async def test_a_report_with_a_contact_is_sealed_at_the_door(hall: Face) -> None:
    report = b.report().model_dump(mode="json", exclude={"kind"})
    report["contact"] = {
        "name": {"subject": "p-1", "text": NAME},
        "phone": {"subject": "p-1", "text": PHONE},
    }
    body = {"zone": b.ZONE, "key": b.KEY, "report": report}
    async with hall.asked_as("enterprise") as client:
        headers = {"Idempotency-Key": "r"}
        made = await client.post("/v1/issues", json=body, headers=headers)
        again = await client.post("/v1/issues", json=body, headers=headers)
        report["contact"]["phone"]["text"] = f"{PHONE}\u0000"
        wrong = await client.post("/v1/issues", json=body, headers=headers)

    assert (made.status_code, again.status_code) == (201, 200)
    kept = await hall.counter.ledger.commands(STREAM)
    assert NAME not in kept[0].body
    assert wrong.status_code == 422
    for answer in (made, again, wrong):
        assert NAME not in answer.text
        assert PHONE not in answer.text


async def test_whoever_works_on_it_opens_the_texts_and_is_on_record(hall: Face) -> None:
    await told_of_persons(hall)

    async with hall.asked_as("officer") as client:
        opened = await client.get(f"{ONE}/personal")
    statuses = {}
    for name in ("auditor", "enterprise", "service", "operator", None):
        async with hall.asked_as(name) as client:
            statuses[name] = (await client.get(f"{ONE}/personal")).status_code

    assert [each["text"] for each in opened.json()["texts"]] == [NAME, PHONE, SAID]
    assert opened.headers["Cache-Control"] == "no-store"
    assert set(statuses.values()) == {403}
    reads = await hall.counter.ledger.audit_reads(kind="personal")
    assert [json.loads(each.actor)["person"] for each in reads] == [b.OFFICER.person]


async def test_every_read_of_an_auditors_is_on_record_and_nobody_elses(face: Face) -> None:
    await face.counter.accepted()
    number = (await face.counter.desk.row(b.ZONE, b.KEY)).issue.number
    by_post = Principal(id="user:by-post", name="by-post", person=b.AUDITOR.person)
    face.house.identity = NamedIdentity({**PEOPLE, "by-post": by_post})
    paths = {
        "issue": ONE,
        "timeline": f"{ONE}/timeline",
        "clocks": f"{ONE}/clocks",
        "time": f"{ONE}/time",
        "notices": f"{ONE}/notices",
        "refusals": f"{ONE}/refusals",
        "issues": "/v1/issues?open=true",
        "number": f"/v1/numbers/{number}",
        "similar": f"/v1/issues/similar?zone={b.ZONE}&key={b.KEY}",
        "parts": f"/v1/parts?zone={b.ZONE}&unit=roads",
    }

    for name in ("officer", "enterprise", "service", "hotline", "auditor", "by-post"):
        async with face.asked_as(name) as client:
            for path in paths.values():
                assert (await client.get(path)).status_code in (200, 403)

    reads = await face.counter.ledger.audit_reads()
    for who in ("user:auditor", "user:by-post"):
        kinds = [each.kind for each in reads if json.loads(each.actor)["name"] == who]
        assert sorted(kinds) == sorted(paths)
    assert len(reads) == 2 * len(paths)
    issue = next(each for each in reads if each.kind == "issue")
    assert json.loads(issue.scope) == {"key": b.KEY, "zone": b.ZONE}
    assert issue.position == await face.counter.ledger.safe_position()


async def test_without_a_signed_log_there_is_no_evidence(face: Face) -> None:
    await face.counter.accepted()

    async with face.asked_as("enterprise") as client:
        answer = await client.get(f"{ONE}/evidence")
    async with face.asked_as("officer") as client:
        refused = await client.get(f"{ONE}/evidence")

    assert (answer.status_code, answer.json()["code"]) == (503, "not_set_up")
    assert refused.status_code == 403


async def test_the_evidence_of_an_issue_is_checked_without_closeout(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = ensure_key(tmp_path / "log.key", "closeout.test/ledger")
    settings = Settings(
        log_key=tmp_path / "log.key", log_origin="closeout.test/ledger", rate_per_minute=0
    )
    async with database.ledger() as ledger:
        face = face_of(Counter(ledger, StandingClock()), settings=settings)
        await face.counter.closed_out()
        async with face.asked_as("enterprise") as client:
            answer = await client.get(f"{ONE}/evidence")
        reads = await ledger.audit_reads(kind="evidence")

    file = tmp_path / "evidence.json"
    file.write_bytes(answer.content)
    assert answer.status_code == 200, answer.text
    assert json.loads(answer.text)["body"]["stream"] == STREAM
    monkeypatch.setattr("sys.argv", ["verify", str(file), "--key", signer.key.text])
    assert verifier.main() == 0
    assert [json.loads(each.actor)["name"] for each in reads] == ["user:enterprise"]


async def test_a_service_that_audits_reads_what_auditors_read(face: Face) -> None:
    await face.counter.accepted()
    both = Principal(id="key:x", name="x", standings=(Standing.AUDITOR, Standing.SERVICE))
    face.house.identity = NamedIdentity({"both": both})

    async with face.asked_as("both") as client:
        assert (await client.get(f"{ONE}/refusals")).status_code == 200
    assert len(await face.counter.ledger.audit_reads()) == 1
