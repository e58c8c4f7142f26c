"""The small zone with the whole of R8: told silence, one-time links, a ladder of refusals, reviews.

Who reviews is the board of `builders_rounds`. The standing team is roads and power, led by roads.
"""

from typing import Any

import builders as b
from builders_rounds import round_terms, rule
from builders_zone import MON_9, MON_10

from domain import commands as cmd
from domain.commands_of_rounds import IssueAnswerLink
from domain.duration_text import read_duration
from domain.issue import Issue, Promise, Resolution
from domain.kin import Tie
from domain.people import Representative
from domain.phases import LinkType, ResultClass
from domain.terms import Terms

TEAM = {
    "id": "works",
    "name": {"zh": "联办", "en": "works"},
    "lead": "roads",
    "members": ["roads", "power"],
}
STEPS = ("same_unit", "next_tier", "joint_team", "supervision")
ELECTED = rule("closing_review"), rule("verification")


def sign_off_terms(*rules: dict[str, Any], **fields: Any) -> Terms:
    """Return the zone's terms with these fields of `[sign_off]` and these rounds."""
    return round_terms(*rules, sign_off=fields, teams=[TEAM])


TELLING = sign_off_terms(says_silence=True)
LINKING = sign_off_terms(link_hours=24)
REVIEWED = sign_off_terms(rule("closing_review"), rejected=["same_unit"], rejections_max=2)
VERIFIED_BY_SEVERAL = sign_off_terms(rule("verification"))
FOLLOWING = sign_off_terms(follow_up=True)
PROMISED = Promise(text="The bridge by autumn.", within=read_duration("10wd"))
HALF = Resolution(
    result=ResultClass.PARTLY,
    summary="One lane is open.",
    reason="The bridge is closed.",
    follow_up=PROMISED,
)
LINK = IssueAnswerLink(person="mill.b")
BY_LINK = Representative(person="mill.b", enterprise="mill", link="1.1")
PROPOSED = b.Step(b.OFFICER, b.PROPOSE, MON_9)
REFUSED = b.Step(b.ENTERPRISE, b.REJECT, MON_9)
LINKED = (*b.IN_SIGN_OFF, b.Step(b.COORDINATOR, LINK, MON_10))


def laddered(*steps: str, **fields: Any) -> Terms:
    """Return terms where refusals lead to `steps`, one after the other."""
    return sign_off_terms(rejected=list(steps), **fields)


def refused(times: int, *, owner: Any = b.OFFICER) -> tuple[b.Step, ...]:
    """Return a life in which the enterprise has refused so many proposals of `owner`."""
    return (*b.IN_HANDLING, *(b.Step(owner, b.PROPOSE, MON_9), REFUSED) * times)


def propose(resolution: Resolution) -> cmd.ProposeResolution:
    """Return the proposal of a resolution."""
    return cmd.ProposeResolution(resolution=resolution)


def with_child(issue: Issue, *, open_: bool = True) -> Issue:
    """Return the issue as a parent of one that is open, or closed."""
    tie = Tie(type=LinkType.PART_OF, other="child-1", incoming=True, open=open_)
    return issue.model_copy(update={"ties": (tie,)})
