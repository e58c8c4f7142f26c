"""What matches refuse: each with a message of its own, and nothing recorded."""

from collections.abc import Callable
from typing import Any

import builders as b
import builders_matches as t
import builders_matters as m
import builders_pipelines as p
import pytest
from pydantic import ValidationError

from domain.errors import ConflictError, InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.matters.acts import AdoptMatterTerms
from domain.matters.decide import decide_matter
from domain.matters.match.proposals import PROPOSALS_MAX
from domain.people import ENGINE, Actor

Made = Callable[[], m.MatterStory]
CLOSE = m.asked(kind="close_matter", ending="Over.")


def proposed() -> m.MatterStory:
    """Return a need of ten for which the bakery was proposed with eight."""
    return t.posted(places=10).then(b.MON_10, t.proposed(places=8))


def half() -> m.MatterStory:
    """Return a proposal that one side has said yes to."""
    return proposed().then(b.MON_10, t.yes("posting"))


def agreed() -> m.MatterStory:
    """Return a proposal that both sides have said yes to."""
    return t.agreed(proposed())


def declined() -> m.MatterStory:
    """Return a proposal that one side has said no to."""
    return half().then(b.MON_11, t.no())


def concluded() -> m.MatterStory:
    """Return a proposal of which something came."""
    return agreed().then(b.MON_13, t.came(8))


def full() -> m.MatterStory:
    """Return a need that is met."""
    story = concluded().then(b.MON_13, t.proposed("p-2", "foundry", places=2))
    return t.agreed(story, "p-2").then(b.MON_13, t.came(2, "p-2"))


def land() -> m.MatterStory:
    """Return land of the zone that was proposed to the bakery."""
    return t.posted("land", side="offer").then(b.MON_10, t.proposed())


def agreed_land() -> m.MatterStory:
    """Return land that both sides agreed on."""
    return t.agreed(land())


def seekers() -> m.MatterStory:
    """Return vacancies without a proposal."""
    return t.posted("recruitment", side="vacancies", places=3)


@pytest.mark.parametrize(
    ("procedure", "changes", "says", "field"),
    [
        ("staff", {"enterprise": None}, "some enterprise's", "enterprise"),
        ("staff", {"enterprise": "nobody"}, "no such enterprise", "enterprise"),
        ("staff", {"side": "wish"}, "no such side", "side"),
        ("land", {"side": "offer", "places": 3}, "counts no places", "places"),
    ],
)
def test_a_posting_that_cannot_be_is_refused(
    procedure: str, changes: dict[str, Any], says: str, field: str
) -> None:
    with pytest.raises(InvalidRequestError, match=says) as refusal:
        t.posted(procedure, **changes)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("story", "command", "error", "says"),
    [
        (t.posted, t.proposed("p-1", "mill"), InvalidRequestError, "matched with itself"),
        (t.posted, t.proposed("p-1", "nobody"), InvalidRequestError, "no such enterprise"),
        (t.posted, t.proposed("p-1", None, others="some"), InvalidRequestError, "another kind"),
        (t.posted, t.proposed("p-1", None), InvalidRequestError, "another kind"),
        (seekers, t.proposed("p-1", "mill"), InvalidRequestError, "another kind"),
        (seekers, t.proposed("p-1", None), InvalidRequestError, "another kind"),
        (proposed, t.proposed("p-1", "foundry"), ConflictError, "under this name before"),
        (proposed, t.proposed("p-2", "bakery"), ConflictError, "has a proposal already"),
        (concluded, t.proposed("p-2", "foundry", places=3), ConflictError, "than are left"),
        (full, t.proposed("p-3", "foundry"), ConflictError, "All places are filled"),
        (land, t.proposed("p-2", "mill", places=3), InvalidRequestError, "counts no places"),
        (proposed, t.yes("posting", "p-9"), InvalidRequestError, "No such proposal"),
        (t.posted, t.yes("posting"), InvalidRequestError, "No such proposal"),
        (half, t.yes("posting"), ConflictError, "has answered the proposal already"),
        (half, t.no(side="posting"), ConflictError, "has answered the proposal already"),
        (agreed, t.no(), ConflictError, "has answered the proposal already"),
        (declined, t.yes("counterpart"), ConflictError, "proposal is over"),
        (proposed, t.no("mood"), InvalidRequestError, "one of the procedure's reasons"),
        (proposed, t.no(None), InvalidRequestError, "one of the procedure's reasons"),
        (land, t.no("too-few"), InvalidRequestError, "words say why"),
        (land, t.no(None), InvalidRequestError, "words say why"),
        (proposed, t.step("viewing"), InvalidRequestError, "no such step"),
        (seekers, t.step("interview", None), InvalidRequestError, "not of this"),
        (proposed, t.step("trial", rate=t.number(1)), InvalidRequestError, "no such field"),
        (declined, t.step("trial", days=t.number(1)), ConflictError, "proposal is over"),
        (
            agreed,
            m.asked(
                kind="record_proposal_step",
                proposal="p-1",
                step="trial",
                on="2026-03-03",
                values={"days": t.number(1)},
            ),
            InvalidRequestError,
            "has happened already",
        ),
        (proposed, t.came(5), ConflictError, "Both sides have to consent"),
        (half, t.came(5), ConflictError, "Both sides have to consent"),
        (declined, t.came(5), ConflictError, "proposal is over"),
        (concluded, t.came(1), ConflictError, "proposal is over"),
        (agreed, t.came(11), ConflictError, "than are left"),
        (agreed, t.came(9), InvalidRequestError, "than were proposed"),
        (agreed, t.came(None), InvalidRequestError, "how many places it fills"),
        (agreed, t.came(5, values={}), InvalidRequestError, "missing"),
        (agreed_land, t.came(5), InvalidRequestError, "counts no places"),
        (agreed, t.came(5, on="2026-03-03"), InvalidRequestError, "has happened already"),
        (agreed, t.came(5, on="1999-01-01"), InvalidRequestError, "has happened already"),
        (declined, t.withdrawn(), ConflictError, "proposal is over"),
        (concluded, t.withdrawn(), ConflictError, "proposal is over"),
        (proposed, CLOSE, WrongPhaseError, "is not over"),
        (agreed, CLOSE, WrongPhaseError, "is not over"),
    ],
)
def test_what_cannot_be_is_refused(
    story: Made, command: Any, error: type[Exception], says: str
) -> None:
    made = story()
    before = made.now
    actor = b.ENTERPRISE if getattr(command, "step", None) == "trial" else b.COORDINATOR
    with pytest.raises(error, match=says):
        made.then(b.MON_15, command, actor)
    assert made.now == before


def test_proposals_are_bounded() -> None:
    story = seekers()
    for number in range(PROPOSALS_MAX):
        story.now = story.when(b.MON_10, t.proposed(f"p-{number}", None, others="some")).matter
    with pytest.raises(InvalidRequestError, match="Too many proposals"):
        story.when(b.MON_10, t.proposed("one-more", None, others="some"))


@pytest.mark.parametrize(
    ("story", "command", "actor"),
    [
        (t.posted, t.proposed(), b.ENTERPRISE),
        (proposed, t.yes("posting"), b.OTHER_ENTERPRISE),
        (proposed, t.yes("counterpart"), b.ENTERPRISE),
        (proposed, t.no(side="counterpart"), b.ENTERPRISE),
        (proposed, t.yes("counterpart"), b.OFFICER),
        (land, t.yes("posting"), b.OTHER_ENTERPRISE),
        (land, t.proposed("p-2", "mill"), b.OTHER_ENTERPRISE),
        (proposed, t.step("trial", days=t.number(1)), b.COORDINATOR),
        (agreed, t.came(5), b.ENTERPRISE),
        (proposed, t.withdrawn(), b.OTHER_ENTERPRISE),
    ],
)
def test_who_is_not_among_the_rows_may_not(story: Made, command: Any, actor: Actor) -> None:
    made = story()
    with pytest.raises(NotPermittedError):
        made.then(b.MON_15, command, actor)


@pytest.mark.parametrize(
    ("story", "rule", "changes", "says"),
    [
        (proposed, t.STAFF, {"sides": [p.named("offer")]}, "no longer has what the match"),
        (declined, t.STAFF, {"reasons": [p.named("too-dear")]}, "no longer has what the match"),
        (proposed, t.STAFF, {"places": None}, "keeps something else"),
        (proposed, t.STAFF, {"counterpart": "party"}, "keeps something else"),
        (land, t.LAND, {"zone_posts": False}, "keeps something else"),
    ],
)
def test_terms_that_lack_what_a_match_stands_on_are_not_adopted(
    story: Made, rule: dict[str, Any], changes: dict[str, Any], says: str
) -> None:
    made, target = story(), t.changed(rule, **changes)
    adopt = m.sent(AdoptMatterTerms(terms=target.hash), ENGINE)
    with pytest.raises(InvalidRequestError, match=says):
        decide_matter(made.now, adopt, b.context(b.MON_15, made.terms, target))


def test_terms_that_lack_a_step_that_was_taken_are_not_adopted() -> None:
    made, target = land().then(b.MON_11, t.step("viewing")), t.changed(t.LAND, steps=None)
    adopt = m.sent(AdoptMatterTerms(terms=target.hash), ENGINE)
    with pytest.raises(InvalidRequestError, match="no longer has what the match"):
        decide_matter(made.now, adopt, b.context(b.MON_15, made.terms, target))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"sides": []}, "at least 1 item"),
        ({"sides": [p.named("need"), p.named("need")]}, "side 'need' twice"),
        ({"sides": [p.named("n" * 40)]}, "too long"),
        ({"steps": [p.named("trial"), p.named("trial")]}, "step 'trial' twice"),
        ({"reasons": [p.named("why"), p.named("why")]}, "reason 'why' twice"),
        ({"outcome": [p.field("f" * 60, "flag")]}, "too long"),
        ({"outcome": [p.field("one", "flag"), p.field("one", "flag")]}, "field 'one' twice"),
        ({"by": [{"unit": "nowhere"}]}, "no unit 'nowhere'"),
    ],
)
def test_a_procedure_that_contradicts_itself_is_no_procedure(
    changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        t.changed(t.STAFF, **changes)
