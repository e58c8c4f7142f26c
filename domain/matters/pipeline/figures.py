"""What pipelines come to in numbers: who is at which stage with how much money, who ever was.

Stages need not nest: what is funded may be more than what is in approval, and the numbers of the
stages do not add up to those of all. What an amount was at a stage is what was known there last.
"""

from collections.abc import Iterator, Sequence

from domain.matters.field_figures import (
    count,
    field_figures,
    joined,
    share,
    sum_figures,
    take_field,
)
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
from domain.matters.pipeline.state import Party, Pipeline
from domain.matters.tally import Tally
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


def take_pipeline(rule: PipelineProcedure, tally: Tally, matter: Pipeline) -> None:
    """Count one pipeline."""
    _take_all(tally, matter)
    _take_at(tally, f"{STAGE}.{matter.at_stage}.now", matter, matter.amount)
    tally.add(f"{STAGE}.{matter.at_stage}.overdue", matter.overdue)
    for stage in rule.stages:
        reached = matter.reached_stage(stage.id)
        if reached is not None:
            _take_at(tally, f"{STAGE}.{stage.id}.reached", matter, reached.amount)
            for field in stage.fields:
                take_field(tally, f"{AT}.{stage.id}", field, reached.values)
    for kind in rule.parties:
        _take_parties(kind, tally, [each for each in matter.parties if each.type == kind.id])
    for day in matter.dates:
        tally.add(f"{DATE}.{day.id}.set")
        tally.add(f"{DATE}.{day.id}.passed", day.passed)
        tally.add(f"{DATE}.{day.id}.changes", day.changes)
    _take_meetings(rule, tally, matter)


def pipeline_figures(rule: PipelineProcedure, tally: Tally) -> tuple[Figure, ...]:
    """Return the figures of all pipelines of one procedure that were counted."""
    return (
        *_of_all(rule, tally),
        *(figure for stage in rule.stages for figure in _of_stage(stage, tally)),
        *(figure for each in rule.parties for figure in _of_party(each, tally)),
        *(figure for each in rule.dates for figure in _of_date(each, tally)),
        *(_of_meetings(rule, tally) if rule.meets else ()),
    )


def _take_all(tally: Tally, matter: Pipeline) -> None:
    tally.add("matters")
    tally.name("enterprises", matter.enterprises)
    _take_amount(tally, "amount", matter.amount)
    if matter.ended is not None:
        tally.add(f"ended.{matter.ended}")
    if matter.ended is Ending.FAILED and matter.exemption is not None:
        tally.add(f"exempted.{matter.exemption}")


def _take_at(tally: Tally, id_: str, matter: Pipeline, amount: Amount | None) -> None:
    tally.name(id_, matter.enterprises)
    tally.add(f"{id_}.matters")
    _take_amount(tally, f"{id_}.amount", amount)


def _take_amount(tally: Tally, id_: str, amount: Amount | None) -> None:
    if amount is not None:
        tally.sum(id_, (amount,))
        tally.add(f"{id_}.stated")


def _take_parties(rule: PartyRule, tally: Tally, parties: Sequence[Party]) -> None:
    tally.add(f"{PARTY}.{rule.id}.all", len(parties))
    tally.add(f"{PARTY}.{rule.id}.missed", sum(each.missed for each in parties))
    for status in rule.statuses:
        number = sum(each.status == status.id for each in parties)
        tally.add(f"{STATUS}.{rule.id}.{status.id}", number)


def _take_meetings(rule: PipelineProcedure, tally: Tally, matter: Pipeline) -> None:
    tally.add(f"{MEETINGS}.held", len(matter.meetings))
    there = {party for meeting in matter.meetings for party in meeting.parties}
    tally.add(f"{MEETINGS}.parties", len(there))
    for outcome in (each for meeting in matter.meetings for each in meeting.outcomes):
        tally.name(f"{MEETINGS}.enterprises", (outcome.enterprise,))
        if outcome.issue is not None:
            tally.name(f"{MEETINGS}.answered", (outcome.issue,))
        for field in rule.outcome:
            take_field(tally, f"{MEETINGS}.outcome", field, outcome.values)


def _of_all(rule: PipelineProcedure, tally: Tally) -> Iterator[Figure]:
    matters = tally.number("matters")
    yield count("matters", MATTERS, matters, MATTER)
    yield count("enterprises", ENTERPRISES, len(tally.names("enterprises")), ENTERPRISE)
    yield from _amounts(tally, "amount", AMOUNTS, matters)
    for end, name in _ENDS.items():
        yield share(f"ended.{end}", name, tally.number(f"ended.{end}"), matters, MATTER)
    failed = tally.number(f"ended.{Ending.FAILED}")
    for ground in rule.exemptions:
        id_, name = f"exempted.{ground.id}", joined(EXEMPTED, ground.name)
        yield share(id_, name, tally.number(id_), failed, MATTER)


def _of_stage(stage: StageRule, tally: Tally) -> Iterator[Figure]:
    where = f"{STAGE}.{stage.id}"
    yield from _at(tally, f"{where}.now", joined(stage.name, NOW))
    yield from _at(tally, f"{where}.reached", joined(stage.name, EVER))
    if stage.due is not None:
        late, here = tally.number(f"{where}.overdue"), tally.number(f"{where}.now.matters")
        yield share(f"{where}.overdue", joined(stage.name, OVERDUE), late, here, MATTER)
    for field in stage.fields:
        yield from field_figures((f"{AT}.{stage.id}", stage.name), field, tally, MATTER)


def _at(tally: Tally, id_: str, name: Name) -> Iterator[Figure]:
    """Return how many enterprises and matters there are, and their money."""
    matters = tally.number(f"{id_}.matters")
    yield count(id_, name, len(tally.names(id_)), ENTERPRISE)
    yield count(f"{id_}.matters", joined(name, MATTERS), matters, MATTER)
    yield from _amounts(tally, f"{id_}.amount", joined(name, AMOUNTS), matters)


def _amounts(tally: Tally, id_: str, name: Name, matters: int) -> Iterator[Figure]:
    yield from sum_figures(id_, name, tally.sums(id_))
    stated = tally.number(f"{id_}.stated")
    yield share(f"{id_}.stated", joined(name, STATED), stated, matters, MATTER)


def _of_party(rule: PartyRule, tally: Tally) -> Iterator[Figure]:
    where, name = f"{PARTY}.{rule.id}", joined(PARTIES, rule.name)
    own = tally.number(f"{where}.all")
    yield count(f"{where}.all", name, own, PARTY)
    known = tally.number(f"{where}.missed")
    yield share(f"{where}.missed", joined(name, MISSED), known, own, PARTY)
    for status in rule.statuses:
        id_ = f"{STATUS}.{rule.id}.{status.id}"
        yield share(id_, joined(name, status.name), tally.number(id_), own, PARTY)


def _of_date(rule: DateRule, tally: Tally) -> Iterator[Figure]:
    where = f"{DATE}.{rule.id}"
    own = tally.number(f"{where}.set")
    yield count(f"{where}.set", joined(rule.name, SET), own, DATE)
    passed = tally.number(f"{where}.passed")
    yield share(f"{where}.passed", joined(rule.name, PASSED), passed, own, DATE)
    changes = tally.number(f"{where}.changes")
    yield count(f"{where}.changes", joined(rule.name, CHANGED), changes, CHANGE)


def _of_meetings(rule: PipelineProcedure, tally: Tally) -> Iterator[Figure]:
    held, there = tally.number(f"{MEETINGS}.held"), tally.number(f"{MEETINGS}.parties")
    yield count(f"{MEETINGS}.held", MET, held, MEETING)
    yield count(f"{MEETINGS}.parties", joined(MET, PARTIES), there, PARTY)
    named = len(tally.names(f"{MEETINGS}.enterprises"))
    yield count(f"{MEETINGS}.enterprises", joined(MET, ENTERPRISES), named, ENTERPRISE)
    answered = len(tally.names(f"{MEETINGS}.answered"))
    yield count(f"{MEETINGS}.answered", joined(MET, ANSWERED), answered, ISSUE)
    for field in rule.outcome:
        yield from field_figures((f"{MEETINGS}.outcome", MET), field, tally, OUTCOME)
