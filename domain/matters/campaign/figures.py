"""What campaigns come to in numbers: coverage, acts, sums, rates, reports.

Coverage is counted among the targets that are still in. Sums are of every act that was recorded,
also of enterprises that were taken out later: what was paid was paid. Of daily reports the sums and
the rates are those of the last day.
"""

from collections.abc import Iterable, Iterator, Sequence

from domain.matters.campaign.rules import CampaignProcedure, StepRule
from domain.matters.campaign.state import Campaign, Done, Round, Target
from domain.matters.figures import Figure, in_sum, pooled
from domain.matters.values import Amount, Choice, Count, FieldRule, Flag, Quantity, Ratio, Value
from domain.matters.words import Tying, ValueKind
from domain.model import SHORT_CHARACTERS_MAX, Name

ENTERPRISE, REPORT, ACT, ISSUE = "enterprise", "report", "act", "issue"

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


def count_campaign(rule: CampaignProcedure, matters: Sequence[Campaign]) -> tuple[Figure, ...]:
    """Return the figures of all campaigns of one procedure together."""
    targets = [target for matter in matters for target in matter.targets]
    return (
        *_of_targets(rule, matters, targets),
        *(figure for step in rule.steps for figure in _of_step(rule, step, targets)),
        *(_of_rounds(matters) if rule.cadence is not None else ()),
    )


def _of_targets(
    rule: CampaignProcedure, matters: Sequence[Campaign], targets: Sequence[Target]
) -> Iterator[Figure]:
    still_in = [each for each in targets if not each.excluded]
    out = [each for each in targets if each.excluded]
    yield _count("targets", TARGETS, len(still_in))
    yield _count("excluded", EXCLUDED, len(out))
    for ground in rule.exclusions:
        number = sum(each.ground == ground.id for each in out)
        yield _count(f"excluded.{ground.id}", _joined(EXCLUDED, ground.name), number)
    yield _count("left_out", LEFT_OUT, sum(each.left_out for each in matters))
    opened = sum(tie.tying is Tying.OPENED for matter in matters for tie in matter.ties)
    yield _count("issues", ISSUES, opened, of=ISSUE)
    if rule.cadence is None or any(each.ends for each in rule.steps):
        finished = sum(each.finished for each in still_in)
        yield _share("finished", FINISHED, finished, len(still_in))
    if rule.unanswered is not None:
        yield _share("silent", SILENT, sum(each.silent for each in still_in), len(still_in))


def _of_step(
    rule: CampaignProcedure, step: StepRule, targets: Sequence[Target]
) -> Iterator[Figure]:
    still_in = [each for each in targets if not each.excluded]
    covered = sum(each.has_done(step.id) is not None for each in still_in)
    done = [found for each in targets if (found := each.has_done(step.id)) is not None]
    yield _share(f"{step.id}.done", _joined(step.name, DONE), covered, len(still_in))
    times = sum(each.times for each in done)
    yield _count(f"{step.id}.acts", _joined(step.name, ACTS), times, of=ACT)
    if step.due is not None:
        late = sum(each.late for each in done)
        overdue = sum(step.id in each.overdue for each in still_in)
        yield _count(f"{step.id}.late", _joined(step.name, LATE), late)
        yield _count(f"{step.id}.overdue", _joined(step.name, OVERDUE), overdue)
    if rule.is_reported(step.id):
        last_on = max((each.on for each in done), default=None)
        done = [each for each in done if each.on == last_on]
    for field in step.fields:
        yield from _of_field(step, field, done)


def _of_field(step: StepRule, field: FieldRule, done: Sequence[Done]) -> Iterator[Figure]:
    id_, name = f"{step.id}.{field.id}", _joined(step.name, field.name)
    last = [each.values[field.id] for each in done if field.id in each.values]
    match field.type:
        case ValueKind.COUNT | ValueKind.AMOUNT | ValueKind.QUANTITY:
            yield from _of_sums(id_, name, field, done)
        case ValueKind.RATIO:
            yield from _of_ratio(id_, name, [each for each in last if isinstance(each, Ratio)])
        case ValueKind.CHOICE:
            chosen = [each.id for each in last if isinstance(each, Choice)]
            for choice in field.choices:
                answer = _joined(name, choice.name)
                yield _share(f"{id_}.{choice.id}", answer, chosen.count(choice.id), len(chosen))
        case ValueKind.FLAG:
            said = [each.yes for each in last if isinstance(each, Flag)]
            yield _share(f"{id_}.yes", _joined(name, YES), sum(said), len(said))
        case ValueKind.DAY | ValueKind.WORDS:
            pass


def _of_sums(id_: str, name: Name, field: FieldRule, done: Sequence[Done]) -> Iterator[Figure]:
    """Return the sums, one for each currency or unit, and of how many enterprises they are."""
    parts = [
        value
        for each in done
        for value in (each.earlier.get(field.id), each.values.get(field.id))
        if isinstance(value, Amount | Count | Quantity)
    ]
    by = sum(field.id in each.values or field.id in each.earlier for each in done)
    sums: tuple[Value | None, ...] = in_sum(parts) or (None,)
    for number, total in enumerate(sums, start=1):
        yield Figure(id=id_ if number == 1 else f"{id_}.{number}", name=name, part=total)
    yield _count(f"{id_}.enterprises", _joined(name, BY), by)


def _of_ratio(id_: str, name: Name, ratios: Sequence[Ratio]) -> Iterator[Figure]:
    whole = pooled(ratios)
    if whole is None:
        yield Figure(id=id_, name=name, part=None)
    else:
        yield _share(id_, name, whole.part, whole.whole or 0, of=None)
    yield _count(f"{id_}.enterprises", _joined(name, BY), len(ratios))


def _of_rounds(matters: Sequence[Campaign]) -> Iterator[Figure]:
    closed = [each for matter in matters for each in matter.rounds if each.closed]
    earlier = [matter.before for matter in matters if matter.before is not None]
    yield from _of_reports("rounds", ROUNDS, [*earlier, *closed])
    last_on = max((each.on for each in closed), default=None)
    yield from _of_reports("last_round", LAST_ROUND, [e for e in closed if e.on == last_on])


def _of_reports(id_: str, name: Name, rounds: Iterable[Round]) -> Iterator[Figure]:
    rounds = list(rounds)
    expected = sum(each.expected for each in rounds)
    for part, said, number in (
        ("reported", IN_TIME, sum(each.reported for each in rounds)),
        ("late", REPORTED_LATE, sum(each.late for each in rounds)),
        ("missing", MISSING, sum(each.absent for each in rounds)),
        ("no_abnormality", NO_ABNORMALITY, sum(each.no_abnormality for each in rounds)),
    ):
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
