"""What matches come to in numbers: postings, proposals, answers, places, outcomes.

An answer is counted once it is given; a proposal that was agreed stays so when something comes of
it. Places are counted among the postings that say how many they ask for; what was filled elsewhere
is told beside.
"""

from collections.abc import Iterable, Iterator

from domain.matters.field_figures import count, field_figures, joined, share, take_field
from domain.matters.figures import Figure
from domain.matters.match.rules import MatchProcedure, ProposalStepRule
from domain.matters.match.state import Match, Proposal, ProposalStanding, StepTaken
from domain.matters.tally import Tally
from domain.model import Name

POSTING, PROPOSAL, PLACE, ENTERPRISE, ACT = "posting", "proposal", "place", "enterprise", "act"

POSTINGS = Name(zh="发布", en="postings")
OPEN = Name(zh="未办结", en="not closed")
MET = Name(zh="已对接", en="met")
ENTERPRISES = Name(zh="涉及企业", en="enterprises")
PROPOSALS = Name(zh="撮合", en="proposals")
OVERDUE = Name(zh="逾期未答复", en="not answered in time")
FILLED = Name(zh="已落实", en="filled")
FILLED_UNASKED = Name(zh="已落实（未注明需求数）", en="filled, where it is not stated how many")
OUTCOMES = Name(zh="结果", en="outcomes")
TIMES = Name(zh="次数", en="times")

_STANDINGS = {
    "open": (Name(zh="待答复", en="open"), (ProposalStanding.OPEN,)),
    "agreed": (
        Name(zh="双方同意", en="agreed by both"),
        (ProposalStanding.AGREED, ProposalStanding.CONCLUDED),
    ),
    "concluded": (Name(zh="已有结果", en="with an outcome"), (ProposalStanding.CONCLUDED,)),
    "declined": (Name(zh="已谢绝", en="declined"), (ProposalStanding.DECLINED,)),
    "withdrawn": (Name(zh="已撤回", en="withdrawn"), (ProposalStanding.WITHDRAWN,)),
}


def take_match(rule: MatchProcedure, tally: Tally, matter: Match) -> None:
    """Count one match."""
    tally.add("postings")
    tally.add("postings.open", matter.is_open)
    tally.add("postings.met", matter.is_met)
    tally.add(f"postings.{matter.side}.all")
    tally.add(f"postings.{matter.side}.met", matter.is_met)
    tally.name("enterprises", matter.enterprises)
    if matter.places is None:
        tally.add("places.filled_unasked", matter.filled)
    else:
        tally.add("places.filled", matter.filled)
        tally.add("places.asked", matter.places)
    _take_steps(rule, tally, matter.steps)
    for proposal in matter.proposals:
        _take_proposal(rule, tally, proposal)


def match_figures(rule: MatchProcedure, tally: Tally) -> tuple[Figure, ...]:
    """Return the figures of all matches of one procedure that were counted."""
    return (
        *_of_postings(rule, tally),
        *_of_proposals(rule, tally),
        *(_of_places(rule, tally) if rule.places is not None else ()),
        *(figure for step in rule.steps for figure in _of_step(step, tally)),
        *_of_outcomes(rule, tally),
    )


def _take_proposal(rule: MatchProcedure, tally: Tally, proposal: Proposal) -> None:
    tally.add("proposals")
    for id_, (_, standings) in _STANDINGS.items():
        tally.add(f"proposals.{id_}", proposal.standing in standings)
    if proposal.standing is ProposalStanding.OPEN:
        tally.add("proposals.overdue", proposal.overdue)
    if proposal.standing is ProposalStanding.DECLINED and proposal.reason is not None:
        tally.add(f"proposals.declined.{proposal.reason}")
    _take_steps(rule, tally, proposal.steps)
    if proposal.outcome is not None:
        tally.add("outcomes")
        for field in rule.outcome:
            take_field(tally, "outcome", field, proposal.outcome.values)


def _take_steps(rule: MatchProcedure, tally: Tally, taken: Iterable[StepTaken]) -> None:
    fields = {step.id: step.fields for step in rule.steps}
    for each in taken:
        tally.add(f"steps.{each.step}", each.times)
        for field in fields.get(each.step, ()):
            take_field(tally, f"step.{each.step}", field, each.values)
            tally.sum(f"step.{each.step}.{field.id}/all", each.sums.get(field.id, ()))


def _of_postings(rule: MatchProcedure, tally: Tally) -> Iterator[Figure]:
    whole = tally.number("postings")
    yield count("postings", POSTINGS, whole, POSTING)
    still, met = tally.number("postings.open"), tally.number("postings.met")
    yield share("postings.open", joined(POSTINGS, OPEN), still, whole, POSTING)
    yield share("postings.met", joined(POSTINGS, MET), met, whole, POSTING)
    for side in rule.sides:
        id_, name = f"postings.{side.id}", joined(POSTINGS, side.name)
        own = tally.number(f"{id_}.all")
        yield count(f"{id_}.all", name, own, POSTING)
        yield share(f"{id_}.met", joined(name, MET), tally.number(f"{id_}.met"), own, POSTING)
    yield count("enterprises", ENTERPRISES, len(tally.names("enterprises")), ENTERPRISE)


def _of_proposals(rule: MatchProcedure, tally: Tally) -> Iterator[Figure]:
    whole = tally.number("proposals")
    yield count("proposals", PROPOSALS, whole, PROPOSAL)
    for standing, (said, _) in _STANDINGS.items():
        id_ = f"proposals.{standing}"
        yield share(id_, joined(PROPOSALS, said), tally.number(id_), whole, PROPOSAL)
    late = tally.number("proposals.overdue")
    yield count("proposals.overdue", joined(PROPOSALS, OVERDUE), late, PROPOSAL)
    declined = tally.number("proposals.declined")
    for reason in rule.reasons:
        id_ = f"proposals.declined.{reason.id}"
        name = joined(_STANDINGS["declined"][0], reason.name)
        yield share(id_, name, tally.number(id_), declined, PROPOSAL)


def _of_places(rule: MatchProcedure, tally: Tally) -> Iterator[Figure]:
    name = joined(rule.places or FILLED, FILLED)
    filled, asked = tally.number("places.filled"), tally.number("places.asked")
    yield share("places.filled", name, filled, asked, PLACE)
    other, name = (
        tally.number("places.filled_unasked"),
        joined(rule.places or FILLED, FILLED_UNASKED),
    )
    yield count("places.filled_unasked", name, other, PLACE)


def _of_step(step: ProposalStepRule, tally: Tally) -> Iterator[Figure]:
    id_, where = f"steps.{step.id}", f"step.{step.id}"
    yield count(id_, joined(step.name, TIMES), tally.number(id_), ACT)
    for field in step.fields:
        sums = tally.sums(f"{where}.{field.id}/all")
        yield from field_figures((where, step.name), field, tally, ACT, sums)


def _of_outcomes(rule: MatchProcedure, tally: Tally) -> Iterator[Figure]:
    yield count("outcomes", OUTCOMES, tally.number("outcomes"), PROPOSAL)
    for field in rule.outcome:
        yield from field_figures(("outcome", OUTCOMES), field, tally, PROPOSAL)
