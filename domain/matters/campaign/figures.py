"""What campaigns come to in numbers: coverage, acts, sums, rates, reports.

Coverage is counted among the targets that are still in. Sums are of every act that was recorded,
also of enterprises that were taken out later: what was paid was paid. Of daily reports the sums and
the rates are those of the last day.
"""

from collections.abc import Iterator

from domain.matters.campaign.rules import CampaignProcedure, StepRule
from domain.matters.campaign.state import Campaign, Done, Round, Target
from domain.matters.field_figures import rate
from domain.matters.figures import Figure, Summable
from domain.matters.tally import Tally
from domain.matters.values import Choice, Count, FieldRule, Flag, Ratio, Value
from domain.matters.words import Tying, ValueKind
from domain.model import SHORT_CHARACTERS_MAX, Name

ENTERPRISE, REPORT, ACT, ISSUE = "enterprise", "report", "act", "issue"
LAST = "rounds/last"

TARGETS = Name(zh="在列企业", en="enterprises in it")
EXCLUDED = Name(zh="已移出", en="taken out")
LEFT_OUT = Name(zh="不符合条件", en="not eligible")
ISSUES = Name(zh="发现问题", en="issues opened")
FINISHED = Name(zh="已办结", en="finished")
SILENT = Name(zh="逾期未回应", en="no answer in time")
DONE = Name(zh="已完成", en="done")
ACTS = Name(zh="次数", en="times")
LATE = Name(zh="逾期完成", en="done late")
OVERDUE = Name(zh="逾期未办", en="overdue now")
BY = Name(zh="企业数", en="enterprises")
YES = Name(zh="是", en="yes")
IN_TIME = Name(zh="按时上报", en="reported in time")
REPORTED_LATE = Name(zh="迟报", en="reported late")
MISSING = Name(zh="缺报", en="missing")
NO_ABNORMALITY = Name(zh="无异常", en="no abnormality")
ROUNDS = Name(zh="日报", en="daily reports")
LAST_ROUND = Name(zh="最近一日日报", en="reports of the last day")


def take_campaign(rule: CampaignProcedure, tally: Tally, matter: Campaign) -> None:
    """Count one campaign."""
    tally.add("left_out", matter.left_out)
    tally.add("issues", sum(tie.tying is Tying.OPENED for tie in matter.ties))
    for target in matter.targets:
        _take_target(tally, target)
        for step in rule.steps:
            _take_step(rule, step, tally, target)
    if rule.cadence is None:
        return
    if matter.before is not None:
        _take_round("rounds", tally, matter.before)
    for each in (each for each in matter.rounds if each.closed):
        _take_round("rounds", tally, each)
        of_day = tally.of_day(LAST, each.on)
        if of_day is not None:
            _take_round("last_round", of_day, each)


def campaign_figures(rule: CampaignProcedure, tally: Tally) -> tuple[Figure, ...]:
    """Return the figures of all campaigns of one procedure that were counted."""
    return (
        *_of_targets(rule, tally),
        *(figure for step in rule.steps for figure in _of_step(rule, step, tally)),
        *(_of_rounds(tally) if rule.cadence is not None else ()),
    )


def _take_target(tally: Tally, target: Target) -> None:
    if target.excluded:
        tally.add("excluded")
        if target.ground is not None:
            tally.add(f"excluded.{target.ground}")
        return
    tally.add("targets")
    tally.add("finished", target.finished)
    tally.add("silent", target.silent)


def _take_step(rule: CampaignProcedure, step: StepRule, tally: Tally, target: Target) -> None:
    done = target.has_done(step.id)
    if not target.excluded:
        tally.add(f"{step.id}.done", done is not None)
        tally.add(f"{step.id}.overdue", step.id in target.overdue)
    if done is None:
        return
    tally.add(f"{step.id}.acts", done.times)
    tally.add(f"{step.id}.late", done.late)
    of_day = tally.of_day(step.id, done.on) if rule.is_reported(step.id) else tally
    if of_day is not None:
        for field in step.fields:
            _take_field(f"{step.id}.{field.id}", field, of_day, done)


def _take_field(id_: str, field: FieldRule, tally: Tally, done: Done) -> None:
    earlier, last = done.earlier.get(field.id), done.values.get(field.id)
    tally.sum(id_, (each for each in (earlier, last) if isinstance(each, Summable)))
    tally.add(f"{id_}/counted", earlier is not None or last is not None)
    match last:
        case Ratio():
            tally.pool(id_, (last,))
            tally.add(f"{id_}/ratios")
        case Choice():
            tally.add(f"{id_}.{last.id}")
            tally.add(f"{id_}/chosen")
        case Flag():
            tally.add(f"{id_}/yes", last.yes)
            tally.add(f"{id_}/said")
        case _:
            pass


def _take_round(id_: str, tally: Tally, report: Round) -> None:
    tally.add(f"{id_}.expected", report.expected)
    tally.add(f"{id_}.reported", report.reported)
    tally.add(f"{id_}.late", report.late)
    tally.add(f"{id_}.missing", report.absent)
    tally.add(f"{id_}.no_abnormality", report.no_abnormality)


def _of_targets(rule: CampaignProcedure, tally: Tally) -> Iterator[Figure]:
    still_in = tally.number("targets")
    yield _count("targets", TARGETS, still_in)
    yield _count("excluded", EXCLUDED, tally.number("excluded"))
    for ground in rule.exclusions:
        id_ = f"excluded.{ground.id}"
        yield _count(id_, _joined(EXCLUDED, ground.name), tally.number(id_))
    yield _count("left_out", LEFT_OUT, tally.number("left_out"))
    yield _count("issues", ISSUES, tally.number("issues"), of=ISSUE)
    if rule.cadence is None or any(each.ends for each in rule.steps):
        yield _share("finished", FINISHED, tally.number("finished"), still_in)
    if rule.unanswered is not None:
        yield _share("silent", SILENT, tally.number("silent"), still_in)


def _of_step(rule: CampaignProcedure, step: StepRule, tally: Tally) -> Iterator[Figure]:
    id_, still_in = step.id, tally.number("targets")
    covered, times = tally.number(f"{id_}.done"), tally.number(f"{id_}.acts")
    yield _share(f"{id_}.done", _joined(step.name, DONE), covered, still_in)
    yield _count(f"{id_}.acts", _joined(step.name, ACTS), times, of=ACT)
    if step.due is not None:
        late, overdue = tally.number(f"{id_}.late"), tally.number(f"{id_}.overdue")
        yield _count(f"{id_}.late", _joined(step.name, LATE), late)
        yield _count(f"{id_}.overdue", _joined(step.name, OVERDUE), overdue)
    last = tally.last(id_) if rule.is_reported(id_) else tally
    for field in step.fields:
        yield from _of_field(step, field, last)


def _of_field(step: StepRule, field: FieldRule, tally: Tally) -> Iterator[Figure]:
    id_, name = f"{step.id}.{field.id}", _joined(step.name, field.name)
    match field.type:
        case ValueKind.COUNT | ValueKind.AMOUNT | ValueKind.QUANTITY:
            yield from _of_sums(id_, name, tally)
        case ValueKind.RATIO:
            yield rate(id_, name, tally.pooled(id_))
            yield _count(f"{id_}.enterprises", _joined(name, BY), tally.number(f"{id_}/ratios"))
        case ValueKind.CHOICE:
            chosen = tally.number(f"{id_}/chosen")
            for choice in field.choices:
                said = tally.number(f"{id_}.{choice.id}")
                yield _share(f"{id_}.{choice.id}", _joined(name, choice.name), said, chosen)
        case ValueKind.FLAG:
            said, whole = tally.number(f"{id_}/yes"), tally.number(f"{id_}/said")
            yield _share(f"{id_}.yes", _joined(name, YES), said, whole)
        case ValueKind.DAY | ValueKind.WORDS:
            pass


def _of_sums(id_: str, name: Name, tally: Tally) -> Iterator[Figure]:
    """Return the sums, one for each currency or unit, and of how many enterprises they are."""
    sums: tuple[Value | None, ...] = tally.sums(id_) or (None,)
    for number, total in enumerate(sums, start=1):
        yield Figure(id=id_ if number == 1 else f"{id_}.{number}", name=name, part=total)
    yield _count(f"{id_}.enterprises", _joined(name, BY), tally.number(f"{id_}/counted"))


def _of_rounds(tally: Tally) -> Iterator[Figure]:
    yield from _of_reports("rounds", ROUNDS, tally)
    yield from _of_reports("last_round", LAST_ROUND, tally.last(LAST))


def _of_reports(id_: str, name: Name, tally: Tally) -> Iterator[Figure]:
    expected = tally.number(f"{id_}.expected")
    for part, said in (
        ("reported", IN_TIME),
        ("late", REPORTED_LATE),
        ("missing", MISSING),
        ("no_abnormality", NO_ABNORMALITY),
    ):
        number = tally.number(f"{id_}.{part}")
        yield _share(f"{id_}.{part}", _joined(name, said), number, expected, of=REPORT)


def _count(id_: str, name: Name, number: int, of: str = ENTERPRISE) -> Figure:
    return Figure(id=id_, name=name, part=Count(n=number), of=of)


def _share(id_: str, name: Name, number: int, whole: int, of: str | None = ENTERPRISE) -> Figure:
    """Return so many of so many; where there is none to count among, it is no rate."""
    among = Count(n=whole) if whole else None
    return Figure(id=id_, name=name, part=Count(n=number), whole=among, of=of)


def _joined(first: Name, second: Name) -> Name:
    return Name(
        zh=f"{first.zh}：{second.zh}"[:SHORT_CHARACTERS_MAX],
        en=f"{first.en}: {second.en}"[:SHORT_CHARACTERS_MAX],
    )
