"""What matches come to in numbers: postings, proposals, answers, places, outcomes.

An answer is counted once it is given; a proposal that was agreed stays so when something comes of
it. Places are counted among the postings that say how many they ask for; what was filled elsewhere
is told beside.
"""

from collections.abc import Iterator, Sequence

from domain.matters.field_figures import count, field_figures, joined, share
from domain.matters.figures import Figure, Summable, in_sum
from domain.matters.match.rules import MatchProcedure, ProposalStepRule
from domain.matters.match.state import Match, Proposal, ProposalStanding, StepTaken
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


def count_match(rule: MatchProcedure, matters: Sequence[Match]) -> tuple[Figure, ...]:
    """Return the figures of all matches of one procedure together."""
    proposals = [each for matter in matters for each in matter.proposals]
    taken = [each for matter in matters for each in matter.steps]
    taken += [step for each in proposals for step in each.steps]
    return (
        *_of_postings(rule, matters),
        *_of_proposals(rule, proposals),
        *(_of_places(rule, matters) if rule.places is not None else ()),
        *(figure for step in rule.steps for figure in _of_step(step, taken)),
        *_of_outcomes(rule, proposals),
    )


def _of_postings(rule: MatchProcedure, matters: Sequence[Match]) -> Iterator[Figure]:
    yield count("postings", POSTINGS, len(matters), POSTING)
    still = sum(each.is_open for each in matters)
    yield share("postings.open", joined(POSTINGS, OPEN), still, len(matters), POSTING)
    met = sum(each.is_met for each in matters)
    yield share("postings.met", joined(POSTINGS, MET), met, len(matters), POSTING)
    for side in rule.sides:
        own = [each for each in matters if each.side == side.id]
        name = joined(POSTINGS, side.name)
        yield count(f"postings.{side.id}.all", name, len(own), POSTING)
        met = sum(each.is_met for each in own)
        yield share(f"postings.{side.id}.met", joined(name, MET), met, len(own), POSTING)
    named = {enterprise for each in matters for enterprise in each.enterprises}
    yield count("enterprises", ENTERPRISES, len(named), ENTERPRISE)


def _of_proposals(rule: MatchProcedure, proposals: Sequence[Proposal]) -> Iterator[Figure]:
    whole = len(proposals)
    yield count("proposals", PROPOSALS, whole, PROPOSAL)
    for id_, (said, standings) in _STANDINGS.items():
        number = sum(each.standing in standings for each in proposals)
        yield share(f"proposals.{id_}", joined(PROPOSALS, said), number, whole, PROPOSAL)
    late = sum(each.overdue and each.standing is ProposalStanding.OPEN for each in proposals)
    yield count("proposals.overdue", joined(PROPOSALS, OVERDUE), late, PROPOSAL)
    declined = [each for each in proposals if each.standing is ProposalStanding.DECLINED]
    for reason in rule.reasons:
        number = sum(each.reason == reason.id for each in declined)
        name = joined(_STANDINGS["declined"][0], reason.name)
        yield share(f"proposals.declined.{reason.id}", name, number, len(declined), PROPOSAL)


def _of_places(rule: MatchProcedure, matters: Sequence[Match]) -> Iterator[Figure]:
    name = joined(rule.places or FILLED, FILLED)
    stating = [each for each in matters if each.places is not None]
    filled = sum(each.filled for each in stating)
    asked = sum(each.places or 0 for each in stating)
    yield share("places.filled", name, filled, asked, PLACE)
    other = sum(each.filled for each in matters if each.places is None)
    yield count(
        "places.filled_unasked", joined(rule.places or FILLED, FILLED_UNASKED), other, PLACE
    )


def _of_step(step: ProposalStepRule, taken: Sequence[StepTaken]) -> Iterator[Figure]:
    own = [each for each in taken if each.step == step.id]
    where = f"step.{step.id}"
    times = sum(each.times for each in own)
    yield count(f"steps.{step.id}", joined(step.name, TIMES), times, ACT)
    for field in step.fields:
        sums: tuple[Summable, ...] = in_sum(
            each for one in own for each in one.sums.get(field.id, ())
        )
        values = [each.values for each in own]
        yield from field_figures((where, step.name), field, values, ACT, sums)


def _of_outcomes(rule: MatchProcedure, proposals: Sequence[Proposal]) -> Iterator[Figure]:
    outcomes = [each.outcome for each in proposals if each.outcome is not None]
    yield count("outcomes", OUTCOMES, len(outcomes), PROPOSAL)
    for field in rule.outcome:
        values = [each.values for each in outcomes]
        yield from field_figures(("outcome", OUTCOMES), field, values, PROPOSAL)
