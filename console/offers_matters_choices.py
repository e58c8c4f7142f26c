"""What can be chosen in a field of the form of a command to a matter, where the handbook, the
procedure or the matter says so."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from console.offers_choices import CHOICES_MAX, Choice, enum_text
from console.offers_fields import Field, Input
from console.offers_matters_fields import AskedMatter, Form, Group, WorthOf
from console.texts import has
from domain.matters.campaign.rules import CampaignProcedure, StepRule
from domain.matters.campaign.state import Campaign, Target
from domain.matters.grant.rules import GrantProcedure
from domain.matters.grant.state import Grant
from domain.matters.match.rules import MatchProcedure
from domain.matters.match.state import Match, ProposalStanding
from domain.matters.pipeline.rules import PipelineProcedure
from domain.matters.pipeline.state import Pipeline
from domain.matters.register.rules import RegisterProcedure
from domain.matters.register.state import Register
from domain.matters.words import Tying, ValueKind
from domain.model import SHORT_CHARACTERS_MAX, Name

TOTAL_KINDS: Final = (ValueKind.COUNT, ValueKind.AMOUNT, ValueKind.QUANTITY, ValueKind.RATIO)
MANY_IN: Final = frozenset({"enterprises", "targets", "subjects", "leaves", "suppliers"})


def choices_in(form: Form, field: Field, asked: AskedMatter) -> tuple[Choice, ...] | None:
    """Return what can be chosen in a field; None where anything can be written."""
    rule = form.rules.get(field.path)
    if rule is not None and rule.choices:
        return tuple(Choice(each.id, each.name) for each in rule.choices)
    if field.enum is not None:
        return tuple(Choice(str(each.value), text=value_text(each)) for each in field.enum)
    if field.input is Input.YES_NO:
        return Choice("true", text="shell.yes"), Choice("false", text="shell.no")
    if field.name == "tying":
        return tuple(Choice(e, text=value_text(e)) for e in (Tying.ABOUT, Tying.ANSWERS))
    above = field.path.rpartition(".")[0]
    if form.groups.get(above.rpartition(".")[0]) is Group.TOTALS:
        return _of_total(field)
    if above in form.worths:
        return _of_measure(field, form.worths[above], asked)
    source = _OF_PLACE.get((form.kind, field.place)) or _OF_NAME.get(field.name)
    found = None if source is None else source(form.kind, asked)
    if found is None:
        return None
    chosen = tuple(_near_first(field.name, tuple(found), asked))
    return None if len(chosen) > CHOICES_MAX and not field.many else chosen


def _of_total(field: Field) -> tuple[Choice, ...] | None:
    if field.name != "type":
        return None
    return tuple(Choice(each, text=f"matter_value.valuekind_{each}") for each in TOTAL_KINDS)


def _of_measure(field: Field, worth: WorthOf, asked: AskedMatter) -> tuple[Choice, ...] | None:
    if field.name == "unit" and worth.unit is not None:
        return (_unit(asked, worth.unit),)
    if field.name == "currency" and worth.currency is not None:
        return (_plain(worth.currency),)
    return None


def value_text(value: Enum) -> str:
    """Return the name of the text that says what a value of an enumeration means."""
    own = f"matter_value.{type(value).__name__.lower()}_{value.value}"
    return own if has(own) else enum_text(value)


def _plain(value: object) -> Choice:
    return Choice(str(value), Name(zh=str(value), en=str(value)))


def _with(id_: str, name: Name | None) -> Choice:
    if name is None:
        return _plain(id_)
    return Choice(id_, Name(zh=_cut(f"{name.zh} · {id_}"), en=_cut(f"{name.en} · {id_}")))


def _cut(text: str) -> str:
    return text[:SHORT_CHARACTERS_MAX]


def _near_first(name: str, found: tuple[Choice, ...], asked: AskedMatter) -> Iterable[Choice]:
    if name not in ("enterprise", *MANY_IN):
        return found
    return sorted(found, key=lambda each: each.value not in asked.near)


def _unit(asked: AskedMatter, id_: str) -> Choice:
    if isinstance(asked.rule, GrantProcedure):
        unit = asked.rule.unit(id_)
        return _plain(id_) if unit is None else Choice(id_, unit.name)
    return _plain(id_)


Source = Callable[[str, AskedMatter], Iterable[Choice] | None]


def _firm(asked: AskedMatter, id_: str) -> Choice:
    found = asked.handbook.enterprises_by_id.get(id_)
    return _plain(id_) if found is None else Choice(id_, found.name)


def _enterprises(kind: str, asked: AskedMatter) -> Iterable[Choice]:
    match asked.matter:
        case Campaign() as campaign:
            return _targets(kind, campaign, asked)
        case Grant() as grant if kind == "return_stock":
            return [_firm(asked, each.enterprise) for each in grant.tallies]
        case _:
            return [Choice(each.id, each.name) for each in asked.handbook.enterprises]


def _targets(kind: str, campaign: Campaign, asked: AskedMatter) -> Iterator[Choice]:
    if kind == "add_target":
        there = {each.enterprise for each in campaign.targets if not each.excluded}
        for firm in asked.handbook.enterprises:
            if firm.id not in there:
                yield Choice(firm.id, firm.name)
        return
    rule = asked.rule
    step = rule.step(asked.fixed.get("step")) if isinstance(rule, CampaignProcedure) else None
    for target in campaign.targets:
        if _fits(kind, target, step):
            yield _firm(asked, target.enterprise)


def _fits(kind: str, target: Target, step: StepRule | None) -> bool:
    """Whether a command may concern a target, by what it has behind it."""
    done = None if step is None else target.has_done(step.id)
    match kind:
        case "record_step" | "record_step_for_many":
            if target.excluded or target.finished or step is None:
                return not target.excluded
            is_ready = all(target.has_done(each) is not None for each in step.needs)
            return is_ready and (done is None or not step.once)
        case "correct_step":
            return done is not None
        case "strike_step":
            return bool(target.done)
        case _:
            return not target.excluded


def _steps(kind: str, asked: AskedMatter) -> Iterable[Choice]:
    if isinstance(asked.rule, CampaignProcedure):
        return [Choice(each.id, each.name) for each in asked.rule.steps]
    return ()


def _grounds(kind: str, asked: AskedMatter) -> Iterable[Choice] | None:
    if isinstance(asked.rule, CampaignProcedure):
        return [Choice(each.id, each.name) for each in asked.rule.exclusions]
    return None


def _holdings(kind: str, asked: AskedMatter) -> Iterable[Choice] | None:
    if kind in ("issue_permit", "enter_place", "grant_entitlement"):
        return None
    if not isinstance(asked.matter, Grant):
        return ()
    return [
        _with(each.id, Name(zh=_cut(each.subject), en=_cut(each.subject)))
        for each in asked.matter.holdings
    ]


def _sources(kind: str, asked: AskedMatter) -> Iterable[Choice] | None:
    if isinstance(asked.rule, GrantProcedure):
        return [Choice(each.id, each.name) for each in asked.rule.sources]
    return None


def _units(kind: str, asked: AskedMatter) -> Iterable[Choice] | None:
    if isinstance(asked.rule, GrantProcedure):
        return [Choice(each.id, each.name) for each in asked.rule.units]
    return None


def _stages(kind: str, asked: AskedMatter) -> Iterable[Choice] | None:
    rule = asked.rule
    if not isinstance(rule, PipelineProcedure):
        return None
    return [Choice(e.id, e.name) for e in rule.stages if kind == "move_stage" or e.end is None]


def _exemptions(kind: str, asked: AskedMatter) -> Iterable[Choice] | None:
    rule = asked.rule
    if not isinstance(rule, PipelineProcedure):
        return None
    to = rule.stage(asked.fixed.get("to", ""))
    is_failure = to is not None and to.end == "failed"
    return [Choice(each.id, each.name) for each in rule.exemptions] if is_failure else ()


def _party_kinds(kind: str, asked: AskedMatter) -> Iterable[Choice] | None:
    if isinstance(asked.rule, PipelineProcedure):
        return [Choice(each.id, each.name) for each in asked.rule.parties]
    return None


def _statuses(kind: str, asked: AskedMatter) -> Iterable[Choice] | None:
    match asked.rule:
        case RegisterProcedure() as rule:
            return [Choice(each.id, each.name) for each in rule.statuses]
        case PipelineProcedure() as rule:
            known = [each for party in rule.parties for each in party.statuses]
            is_named = known and all(party.statuses for party in rule.parties)
            return [Choice(each.id, each.name) for each in known] if is_named else None
        case _:
            return None


def _dates(kind: str, asked: AskedMatter) -> Iterable[Choice] | None:
    if kind == "set_date" and isinstance(asked.rule, PipelineProcedure):
        return [Choice(each.id, each.name) for each in asked.rule.dates]
    return None


def _parties(kind: str, asked: AskedMatter) -> Iterable[Choice] | None:
    if kind == "record_meeting" and isinstance(asked.matter, Pipeline):
        return [_plain(each.party) for each in asked.matter.parties]
    return None


def _subjects(kind: str, asked: AskedMatter) -> Iterable[Choice] | None:
    match asked.matter:
        case Register() as register:
            if kind == "add_subject":
                if asked.rule.id and getattr(asked.rule, "subjects", None) == "enterprise":
                    there = {each.id for each in register.subjects}
                    return [
                        Choice(each.id, each.name)
                        for each in asked.handbook.enterprises
                        if each.id not in there
                    ]
                return None
            if kind == "revise_list":
                return None
            return [
                _with(each.id, Name(zh=each.name, en=each.name))
                if each.name
                else _firm(asked, each.id)
                for each in register.subjects
            ]
        case _:
            return None


def _classes(kind: str, asked: AskedMatter) -> Iterable[Choice] | None:
    if isinstance(asked.rule, RegisterProcedure):
        return [Choice(each.id, each.name) for each in asked.rule.classes]
    return None


def _lists(kind: str, asked: AskedMatter) -> Iterable[Choice]:
    return [Choice(each.id, each.name) for each in asked.handbook.lists]


def _sides(kind: str, asked: AskedMatter) -> Iterable[Choice] | None:
    if kind == "open_match" and isinstance(asked.rule, MatchProcedure):
        return [Choice(each.id, each.name) for each in asked.rule.sides]
    return None


def _proposals(kind: str, asked: AskedMatter) -> Iterable[Choice] | None:
    if kind == "propose" or not isinstance(asked.matter, Match):
        return None
    wanted = ProposalStanding.AGREED if kind == "record_outcome" else ProposalStanding.OPEN
    fitting = [
        each
        for each in asked.matter.proposals
        if each.standing is wanted or (kind not in _OF_OPEN and each.is_pending)
    ]
    names = asked.handbook.enterprises_by_id
    return [
        _with(e.id, names[e.enterprise].name if e.enterprise in names else None) for e in fitting
    ]


_OF_OPEN: Final = frozenset({"consent", "decline", "record_outcome"})


def _reasons(kind: str, asked: AskedMatter) -> Iterable[Choice] | None:
    if isinstance(asked.rule, MatchProcedure) and asked.rule.reasons:
        return [Choice(each.id, each.name) for each in asked.rule.reasons]
    return None


def _posts(kind: str, asked: AskedMatter) -> Iterable[Choice]:
    return [Choice(each.id, each.name) for each in asked.handbook.posts]


def _categories(kind: str, asked: AskedMatter) -> Iterable[Choice]:
    return [Choice(each.id, each.name) for each in asked.handbook.categories]


def _tied(kind: str, asked: AskedMatter) -> Iterable[Choice] | None:
    if kind != "untie_issue" or asked.matter is None:
        return None
    return [_plain(each.issue) for each in asked.matter.ties]


def _totals(kind: str, asked: AskedMatter) -> Iterable[Choice] | None:
    if asked.matter is None:
        return None
    return [
        Choice(str(e.number), Name(zh=_cut(f"{e.number} {e.label}"), en=_cut(e.label)))
        for e in asked.matter.totals
        if e.replaced_by is None
    ]


_OF_NAME: Final[Mapping[str, Source]] = MappingProxyType(
    {
        "enterprise": _enterprises,
        "builder": _enterprises,
        "enterprises": _enterprises,
        "targets": _enterprises,
        "step": _steps,
        "proposal": _proposals,
        "holding": _holdings,
        "source": lambda kind, asked: _sources(kind, asked) if kind == "receive_stock" else None,
        "unit": _units,
        "stage": _stages,
        "to": _stages,
        "exemption": _exemptions,
        "type": _party_kinds,
        "status": _statuses,
        "id": _dates,
        "parties": _parties,
        "subject": _subjects,
        "subjects": _subjects,
        "customer": _subjects,
        "supplier": _subjects,
        "suppliers": _subjects,
        "leaves": _subjects,
        "classes": _classes,
        "from_list": _lists,
        "post": _posts,
        "contact": _posts,
        "category": _categories,
        "issue": _tied,
        "replaces": _totals,
    }
)
_OF_PLACE: Final[Mapping[tuple[str, str], Source]] = MappingProxyType(
    {
        ("exclude_target", "code"): _grounds,
        ("open_match", "side"): _sides,
        ("decline", "reason"): _reasons,
    }
)
