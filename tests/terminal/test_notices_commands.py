"""`closeout notices` and `closeout template`, and what `doctor` says of the file of channels."""

import asyncio
from pathlib import Path

import builders as b
import pytest
from stage import Stage

import cli
from activities.channels.journal import JournalChannel
from activities.notifier import Notifier
from domain.view import Ring
from runtime.settings import Settings
from terminal.checks import Grade
from terminal.checks_of_channels import channels

SOUND = """
[channels.office]
kind = "wecom"
url = "https://example.com/send?key=hunter2"
[[tell]]
post = "grid-east-1"
channel = "office"
"""
TEMPLATE = 'subject = "{{ number }}"\nbody = "Look: {{ title }}"\n'


@pytest.fixture
def office(accepted: Stage) -> Stage:
    """A command line with an accepted issue, and the families of these tests."""
    for family in ("clocks", "template"):
        summary, panel, bodies = cli.FAMILIES[family]
        accepted.application.family(family, summary, panel)
        for body in bodies:
            accepted.application.offer(body, panel, under=family)
    return accepted


def tell_everybody(stage: Stage) -> None:
    async def tell() -> None:
        async with stage._open(Settings()) as desk:
            for notice in await stage.ledger.notices(f"{b.ZONE}/{b.KEY}"):
                await Notifier(desk, JournalChannel()).tell(notice.id)

    asyncio.run(tell())


def ring_until_due(stage: Stage, clock: str) -> None:
    async def fire() -> None:
        async with stage._open(Settings()) as desk:
            while True:
                rung = (await desk.look(b.ZONE, b.KEY)).next_rung
                assert rung is not None
                stage.clock.at = rung.due_at
                await desk.ring(
                    Ring(
                        zone=b.ZONE,
                        key=b.KEY,
                        clock=rung.clock,
                        cycle=rung.cycle,
                        rung=rung.rung,
                    )
                )
                if (rung.clock, rung.rung) == (clock, "due"):
                    return

    asyncio.run(fire())


def mark_all_delivered(stage: Stage) -> None:
    async def mark() -> None:
        for notice in await stage.ledger.notices(f"{b.ZONE}/{b.KEY}"):
            await stage.ledger.mark_delivered(notice.id, stage.clock.at)

    asyncio.run(mark())


def test_notices_shows_each_receipt_and_what_has_none(office: Stage) -> None:
    before = office.run("notices", b.ZONE, b.KEY)
    assert (before.exit_code, "to be told" in before.stdout) == (0, True)
    tell_everybody(office)
    shown = office.run("notices", b.ZONE, b.KEY)
    plain = office.json("notices", b.ZONE, b.KEY)
    assert "delivered 2026-03-02 10:00:00" in " ".join(shown.stdout.split())
    assert {each["addressee"] for each in plain} == {"grid-east-1", "coordination", "mill"}
    assert {r["what"] for each in plain for r in each["receipts"]} == {"delivered"}
    assert office.run("notices", b.ZONE, "nothing").exit_code == 5


def test_the_timer_ledger_names_a_deadline_that_nobody_was_told_of(office: Stage) -> None:
    ring_until_due(office, "handling")
    mark_all_delivered(office)  # as an earlier release did: no receipt, no proof
    answer = office.json("clocks", "audit")["notified"]
    assert (answer["breaches"], answer["unnotified"]) == (1, 1)
    assert answer["named"][0]["clock"] == "handling"
    result = office.run("clocks", "audit")
    said = " ".join(result.stdout.split())
    assert result.exit_code == 0
    assert "1 deadline passed; of 1 nothing shows that their holder knew in time" in said
    assert "post grid-east-1" in said


def test_a_template_is_tried_set_shown_and_taken_back(office: Stage, tmp_path: Path) -> None:
    file = tmp_path / "template.toml"
    file.write_text(TEMPLATE, encoding="utf-8")
    name = ("issue_reported", "wecom", "en")
    made = office.json("template", "check", *name, str(file))
    assert made["body"].startswith("Look: The <gate>")
    assert office.json("template", "show") == []
    assert office.json("template", "set", *name, str(file))["sequence"] == 1
    assert "Look: {{ title }}" in office.run("template", "show").stdout
    file.write_text('subject = ""\nbody = ""\n', encoding="utf-8")
    assert office.json("template", "set", *name, str(file))["body"] == ""
    versions = office.json("template", "show", *name)
    assert [each["sequence"] for each in versions["own"]] == [2, 1]
    assert "what_name" in versions["shipped"]["body"]


@pytest.mark.parametrize(
    "text",
    ['body = "{{ x }}"', "body = 1", 'colour = "red"', "body =", 'subject = "s"\nbody = " "'],
)
def test_a_template_that_cannot_be_used_ends_with_three(
    office: Stage, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "template.toml"
    file.write_text(text, encoding="utf-8")
    for verb in ("check", "set"):
        assert office.run("template", verb, "any", "mail", "en", str(file)).exit_code == 3
    assert office.json("template", "show") == []


@pytest.mark.parametrize(
    ("mode", "text", "grade", "said"),
    [
        (0o600, SOUND, Grade.OK, "1 channels, 1 rows"),
        (0o644, SOUND, Grade.FAIL, "others may read"),
        (0o600, SOUND.partition("[[tell]]")[0], Grade.WARN, "nobody is told by office"),
    ],
)
async def test_doctor_looks_at_the_file_of_channels(
    tmp_path: Path, mode: int, text: str, grade: Grade, said: str
) -> None:
    file = tmp_path / "channels.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    (check,) = await channels(Settings(channels=file))
    assert (check.grade, said in check.found) == (grade, True)
    assert "hunter2" not in f"{check.found}{check.todo}"


async def test_without_a_file_doctor_says_that_there_is_the_inbox_only() -> None:
    (check,) = await channels(Settings(channels=None))
    assert (check.grade, "inbox only" in check.found) == (Grade.OK, True)
