"""The demo's matters: each step says where it is from, and they end as their file says."""

import os
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from demo.acts import begins_at, instant
from demo.cases import ASSUMED
from demo.matters import MatterStory, read_matter_stories
from demo.matters_told import matters_ended
from demo.stories import read_stories
from demo.virtual import VirtualClock
from desk.desk import Desk
from desk.errands import ErrandRunner
from desk.matters import MatterDesk
from desk.shelf import Shelf
from domain.commands import Submission
from domain.matters.commands import MatterSubmission
from domain.matters.view import MatterRing
from domain.view import Ring
from handbooks.shelf import read_terms
from ledger.memory import MemoryLedger

STORIES = read_matter_stories()
ROOT = Path(__file__).parents[2]
SEEDS = Path(os.environ.get("CLOSEOUT_SHARED", ROOT.parent / "shared")) / "seeds"
QUOTED = re.compile(r"[(（]([\u4e00-\u9fff0-9]+)[)）]")
TICK = timedelta(milliseconds=1)
MANY = 100


@pytest.fixture(params=STORIES, ids=lambda story: story.id)
def story(request: pytest.FixtureRequest) -> MatterStory:
    found = request.param
    assert isinstance(found, MatterStory)
    return found


class Player:
    """Plays a story on a ledger in memory: each act and each rung at its instant."""

    def __init__(self, story: MatterStory) -> None:
        self.story = story
        self.clock = VirtualClock(instant(story.steps[0].at))
        self.ledger = MemoryLedger()
        terms = {story.zone: read_terms(story.zone)}
        self.desk = Desk(self.ledger, Shelf(self.ledger, terms), self.clock)
        self.matters = MatterDesk(self.desk)

    async def play(self) -> Desk:
        """Return the desk after the story."""
        for number, step in enumerate(self.story.steps):
            await self._until(instant(step.at))
            sent = {
                "id": f"step-{number}",
                "zone": self.story.zone,
                "key": step.key,
                "actor": step.by,
                "command": step.command,
            }
            if self.story.is_of_matter(step):
                await self.matters.carry_out(MatterSubmission.model_validate(sent))
            else:
                await self.desk.carry_out(Submission.model_validate(sent))
            await ErrandRunner(self.desk).once()
        await self._until(instant(self.story.until))
        return self.desk

    async def _until(self, at: datetime) -> None:
        while (due_at := await self._next_due_at()) is not None and due_at <= at:
            self.clock.at = due_at
            for row in await self.ledger.overdue(due_at + TICK, MANY):
                named = (row.issue.zone, row.issue.key)
                rung = (await self.desk.look(*named)).next_rung
                assert rung is not None
                await self.desk.ring(
                    Ring(zone=named[0], key=named[1], **rung.model_dump(include=RUNG))
                )
            for held in await self.ledger.matters_overdue(due_at + TICK, MANY):
                named = (held.matter.zone, held.matter.key)
                rung = (await self.matters.look(*named)).next_rung
                assert rung is not None
                await self.matters.ring(
                    MatterRing(zone=named[0], key=named[1], **rung.model_dump(include=RUNG))
                )
        self.clock.at = at

    async def _next_due_at(self) -> datetime | None:
        both = (await self.ledger.next_due_at(), await self.ledger.next_matter_due_at())
        return min((at for at in both if at is not None), default=None)


RUNG = {"clock", "cycle", "rung"}


def line(source: str) -> str:
    """Return the text of the lines that a step cites."""
    prefix, _, lines = source.partition(":")
    (file,) = SEEDS.glob(f"{prefix}_*.txt")
    first, _, last = lines.partition("-")
    text = file.read_text(encoding="utf-8").splitlines()
    return "\n".join(text[int(first) - 1 : int(last or first)])


async def test_the_matters_and_their_issues_end_as_their_file_says(story: MatterStory) -> None:
    desk = await Player(story).play()

    assert [(row.key, row.differs) for row in await matters_ended(desk, story)] == [
        (end.key, ()) for end in story.matters
    ]
    for end in story.issues:
        issue = (await desk.row(story.zone, end.key)).issue
        sign_off = None if issue.sign_off is None else issue.sign_off.outcome
        assert (issue.phase, issue.outcome, sign_off, issue.tier_reached) == (
            end.phase,
            end.outcome,
            end.sign_off,
            end.tier_reached,
        )


async def test_a_matter_that_ends_otherwise_is_named_with_both(story: MatterStory) -> None:
    first, *others = story.matters
    id_, value = next(iter(first.figures.items()))
    wrong = first.model_copy(update={"figures": {id_: "7"}, "told": ("step_overdue somebody",)})
    desk = await Player(story).play()

    rows = await matters_ended(desk, story.model_copy(update={"matters": (wrong, *others)}))

    assert [row.differs != () for row in rows] == [True, *(False for _ in others)]
    assert f"figure {id_}: {value}, not 7" in rows[0].differs
    assert any(each.startswith("told: ") for each in rows[0].differs)


def test_what_is_not_assumed_cites_a_line_of_its_own_source(story: MatterStory) -> None:
    first, _, last = story.source.lines.partition("-")
    for step in story.steps:
        if step.source != ASSUMED:
            file, _, lines = step.source.partition(":")
            cited = [int(each) for each in lines.split("-")]
            assert file == story.source.file[:3]
            assert int(first) <= min(cited) <= max(cited) <= int(last)


@pytest.mark.skipif(
    not SEEDS.is_dir(), reason="the sources are not beside this clone (CLOSEOUT_SHARED)"
)
def test_what_a_step_quotes_stands_in_the_line_that_it_cites(story: MatterStory) -> None:
    quotes = [
        (step.source, words) for step in story.steps for words in QUOTED.findall(step.note or "")
    ]

    assert len(quotes) >= 3
    assert [(source, words) for source, words in quotes if words not in line(source)] == []


def test_matters_are_played_when_the_stories_of_issues_are_over() -> None:
    over = max(instant(story.until) for story in read_stories())

    assert begins_at(read_stories()) < over
    for story in STORIES:
        assert over <= instant(story.steps[0].at)
        over = instant(story.until)


def test_a_story_that_goes_back_in_time_or_leaves_an_end_untold_is_no_story(
    story: MatterStory,
) -> None:
    plain = story.model_dump()
    with pytest.raises(ValidationError, match="earlier than that before it"):
        MatterStory.model_validate(plain | {"steps": plain["steps"][::-1]})
    with pytest.raises(ValidationError, match="other matters and issues"):
        MatterStory.model_validate(plain | {"issues": ()})
    with pytest.raises(ValidationError, match="does not go with source"):
        MatterStory.model_validate(
            plain | {"steps": [plain["steps"][0] | {"assumed": True}, *plain["steps"][1:]]}
        )
