"""What pipelines come to in numbers: who is at which stage with how much money, who ever was.

Stages need not nest: what is funded may be more than what is in approval, and the numbers of the
stages do not add up to those of all. What an amount was at a stage is what was known there last.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from domain.matters.field_figures import count, field_figures, joined, share, sum_figures
from domain.matters.figures import Figure
from domain.matters.pipeline.rules import (
    AT,
    MEETINGS,
    STAGE,
    STATUS,
    DateRule,
    Ending,
    PartyRule,
    PipelineProcedure,
    StageRule,
)
from domain.matters.pipeline.state import HardDate, Party, Pipeline
from domain.matters.values import Amount
from domain.model import Name

ENTERPRISE, MATTER, PARTY, ISSUE, MEETING = "enterprise", "matter", "party", "issue", "meeting"
CHANGE, DATE, OUTCOME = "change", "date", "outcome"

MATTERS = Name(zh="事项", en="matters")
ENTERPRISES = Name(zh="涉及企业", en="enterprises")
AMOUNTS = Name(zh="金额", en="amounts")
NOW = Name(zh="当前", en="now")
EVER = Name(zh="累计", en="ever")
STATED = Name(zh="已注明金额的事项", en="with an amount stated")
OVERDUE = Name(zh="超期", en="overdue")
EXEMPTED = Name(zh="尽职免责", en="exempted")
PARTIES = Name(zh="外部单位", en="outside parties")
MISSED = Name(zh="逾期未跟进", en="not asked in time")
SET = Name(zh="已登记", en="set")
PASSED = Name(zh="已过期", en="passed")
CHANGED = Name(zh="变更次数", en="changes")
MET = Name(zh="会议", en="meetings")
ANSWERED = Name(zh="已回应问题", en="issues answered")

_ENDS = {
    Ending.DONE: Name(zh="已办成", en="done"),
    Ending.FAILED: Name(zh="未办成", en="failed"),
}


def count_pipeline(rule: PipelineProcedure, matters: Sequence[Pipeline]) -> tuple[Figure, ...]:
    """Return the figures of all pipelines of one procedure together."""
    parties = [each for matter in matters for each in matter.parties]
    dates = [each for matter in matters for each in matter.dates]
    return (
        *_of_all(rule, matters),
        *(figure for stage in rule.stages for figure in _of_stage(stage, matters)),
        *(figure for each in rule.parties for figure in _of_party(each, parties)),
        *(figure for each in rule.dates for figure in _of_date(each, dates)),
        *(_of_meetings(rule, matters) if rule.meets else ()),
    )


def _of_all(rule: PipelineProcedure, matters: Sequence[Pipeline]) -> Iterator[Figure]:
    yield count("matters", MATTERS, len(matters), MATTER)
    named = {enterprise for each in matters for enterprise in each.enterprises}
    yield count("enterprises", ENTERPRISES, len(named), ENTERPRISE)
    yield from _amounts("amount", AMOUNTS, [each.amount for each in matters])
    for end, name in _ENDS.items():
        number = sum(each.ended is end for each in matters)
        yield share(f"ended.{end}", name, number, len(matters), MATTER)
    failed = [each for each in matters if each.ended is Ending.FAILED]
    for ground in rule.exemptions:
        number = sum(each.exemption == ground.id for each in failed)
        name = joined(EXEMPTED, ground.name)
        yield share(f"exempted.{ground.id}", name, number, len(failed), MATTER)


def _of_stage(stage: StageRule, matters: Sequence[Pipeline]) -> Iterator[Figure]:
    where = f"{STAGE}.{stage.id}"
    here = [each for each in matters if each.at_stage == stage.id]
    yield from _at(f"{where}.now", joined(stage.name, NOW), here, lambda each: each.amount)
    reached = [(each, at) for each in matters if (at := each.reached_stage(stage.id)) is not None]
    amounts = {each.key: at.amount for each, at in reached}
    ever = [each for each, _ in reached]
    yield from _at(
        f"{where}.reached", joined(stage.name, EVER), ever, lambda each: amounts[each.key]
    )
    if stage.due is not None:
        late = sum(each.overdue for each in here)
        yield share(f"{where}.overdue", joined(stage.name, OVERDUE), late, len(here), MATTER)
    values = [at.values for _, at in reached]
    for field in stage.fields:
        yield from field_figures((f"{AT}.{stage.id}", stage.name), field, values, MATTER)


def _at(
    id_: str, name: Name, matters: Sequence[Pipeline], amount: Callable[[Pipeline], Amount | None]
) -> Iterator[Figure]:
    """Return how many enterprises and matters there are, and their money."""
    named = {enterprise for each in matters for enterprise in each.enterprises}
    yield count(id_, name, len(named), ENTERPRISE)
    yield count(f"{id_}.matters", joined(name, MATTERS), len(matters), MATTER)
    yield from _amounts(f"{id_}.amount", joined(name, AMOUNTS), [amount(e) for e in matters])


def _amounts(id_: str, name: Name, amounts: Iterable[Amount | None]) -> Iterator[Figure]:
    amounts = list(amounts)
    stated = [each for each in amounts if each is not None]
    yield from sum_figures(id_, name, stated)
    yield share(f"{id_}.stated", joined(name, STATED), len(stated), len(amounts), MATTER)


def _of_party(rule: PartyRule, parties: Sequence[Party]) -> Iterator[Figure]:
    own = [each for each in parties if each.type == rule.id]
    where, name = f"{PARTY}.{rule.id}", joined(PARTIES, rule.name)
    yield count(f"{where}.all", name, len(own), PARTY)
    known = sum(each.missed for each in own)
    yield share(f"{where}.missed", joined(name, MISSED), known, len(own), PARTY)
    for status in rule.statuses:
        number = sum(each.status == status.id for each in own)
        id_ = f"{STATUS}.{rule.id}.{status.id}"
        yield share(id_, joined(name, status.name), number, len(own), PARTY)


def _of_date(rule: DateRule, dates: Sequence[HardDate]) -> Iterator[Figure]:
    own = [each for each in dates if each.id == rule.id]
    where = f"{DATE}.{rule.id}"
    yield count(f"{where}.set", joined(rule.name, SET), len(own), DATE)
    passed = sum(each.passed for each in own)
    yield share(f"{where}.passed", joined(rule.name, PASSED), passed, len(own), DATE)
    changes = sum(each.changes for each in own)
    yield count(f"{where}.changes", joined(rule.name, CHANGED), changes, CHANGE)


def _of_meetings(rule: PipelineProcedure, matters: Sequence[Pipeline]) -> Iterator[Figure]:
    held = [(matter, each) for matter in matters for each in matter.meetings]
    outcomes = [each for _, meeting in held for each in meeting.outcomes]
    yield count(f"{MEETINGS}.held", MET, len(held), MEETING)
    there = {(matter.key, party) for matter, meeting in held for party in meeting.parties}
    yield count(f"{MEETINGS}.parties", joined(MET, PARTIES), len(there), PARTY)
    named = {each.enterprise for each in outcomes}
    yield count(f"{MEETINGS}.enterprises", joined(MET, ENTERPRISES), len(named), ENTERPRISE)
    answered = {each.issue for each in outcomes if each.issue is not None}
    yield count(f"{MEETINGS}.answered", joined(MET, ANSWERED), len(answered), ISSUE)
    for field in rule.outcome:
        values = [each.values for each in outcomes]
        yield from field_figures((f"{MEETINGS}.outcome", MET), field, values, OUTCOME)
