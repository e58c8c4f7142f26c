"""What a visitor may do with a matter now: tried, not worked out. The decision itself has let a
smallest content of each command pass."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, product
from typing import Final

from pydantic import ValidationError

from console.offers_actors import Acting, actings_of
from console.offers_fields import Block, Entry, Field, Input
from console.offers_matters_choices import choices_in
from console.offers_matters_fields import (
    MODELS,
    NUMBER,
    AskedMatter,
    Form,
    Group,
    form_of,
    leaves_of,
)
from console.offers_matters_filled import command_in
from console.offers_matters_rules import VARYING, variants_of
from console.visit import ZoneVisit
from domain.access import Act
from domain.access import horizon as horizon_of
from domain.decisions import Context
from domain.errors import IssueError, NotPermittedError
from domain.matters.acts import CommonAct
from domain.matters.commands import MatterSubmission
from domain.matters.decide import decide_matter
from domain.matters.match.rules import Counterpart, MatchProcedure
from domain.matters.rules import AnyProcedure, aggregate_of
from domain.matters.state import Matter
from domain.matters.words import Aggregate, ValueKind
from domain.model import Name
from domain.people import Actor
from domain.terms import Terms

TRIED_MAX: Final = 24
PER_CONTENT: Final = 8
ACTINGS_MAX: Final = 6
CANDIDATES: Final = 3
SMALLEST: Final = "offer-1"

OF_AGGREGATE: Final[Mapping[Aggregate, str]] = {
    Aggregate.CAMPAIGN: "domain.matters.campaign.commands",
    Aggregate.PIPELINE: "domain.matters.pipeline.commands",
    Aggregate.MATCH: "domain.matters.match.commands",
    Aggregate.REGISTER: "domain.matters.register.commands",
    Aggregate.GRANT: "domain.matters.grant.commands",
}
COMMON: Final = tuple(each.model_fields["kind"].default for each in CommonAct.__args__)
"""What may be asked of every matter."""
OF_THE_OFFICE: Final = frozenset({"record_step_for_many"})
"""What an enterprise does one by one: it speaks for itself alone."""
GRAVE: Final = frozenset(
    {"close_matter", "end_campaign", "strike_step", "revoke_permit", "remove_subject"}
)
"""What is not lightly taken back."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A command that would be let pass; `at` settles the field on which its form depends."""

    kind: str
    at: str = ""
    name: Name | None = None

    @property
    def is_common(self) -> bool:
        """Return whether it may be asked of every matter."""
        return self.kind in COMMON


@dataclass(frozen=True, slots=True)
class OfferedMatter:
    """What is offered to a visitor: as whom, as whom else they might act, and what."""

    acting: Acting | None
    others: tuple[Acting, ...]
    offers: tuple[Offer, ...]

    def has(self, kind: str, at: str) -> bool:
        """Return whether a command is offered."""
        return any((each.kind, each.at) == (kind, at) for each in self.offers)


NOTHING: Final = OfferedMatter(None, (), ())


def kinds_of(aggregate: Aggregate, *, opening: bool = False) -> tuple[str, ...]:
    """Return the kinds of commands of an aggregate, those that open nothing first of all."""
    where = OF_AGGREGATE[aggregate]
    own = [kind for kind, model in MODELS.items() if model.__module__ == where]
    return tuple(kind for kind in own if kind.startswith("open_") is opening or kind in _ACTS)


_ACTS: Final = frozenset({"open_map_issue"})
"""What begins like an opening and opens no matter."""


def opening_kind(rule: AnyProcedure) -> str:
    """Return the kind of command that opens a matter of a procedure."""
    return f"open_{aggregate_of(rule)}"


def asked_of(
    visit: ZoneVisit,
    rule: AnyProcedure,
    terms: Terms,
    matter: Matter | None = None,
    whole: Matter | None = None,
) -> AskedMatter:
    """Return what the forms of a visitor are about."""
    own = visit.caller.enterprise
    near = horizon_of(visit.caller, Act.COMMAND, visit.handbook, visit.today).enterprises
    return AskedMatter(rule, terms, matter, {}, own, frozenset(near), whole or matter)


def settled(asked: AskedMatter, kind: str, at: str) -> AskedMatter:
    """Return it with what is settled before the form of a command is shown."""
    fixed: dict[str, str] = {}
    if at and kind in VARYING:
        fixed[VARYING[kind]] = at
    fields = MODELS[kind].model_fields
    if "procedure" in fields:
        fixed["procedure"] = asked.rule.id
    if asked.own is not None and "enterprise" in fields and not _is_of_others(asked, kind):
        fixed["enterprise"] = asked.own
    return replace(asked, fixed=fixed)


def _is_of_others(asked: AskedMatter, kind: str) -> bool:
    """Whether an enterprise proposes others, in words: no enterprise is named then."""
    if kind != "propose" or not isinstance(asked.rule, MatchProcedure):
        return False
    return asked.rule.counterpart is not Counterpart.ENTERPRISE


def offered_of(
    visit: ZoneVisit, asked: AskedMatter, at: datetime, wanted: str = ""
) -> OfferedMatter:
    """Return what a visitor may do with a matter, or what they may open of a procedure: as `wanted`
    if that is one of them, else as that one of them who may do most."""
    every = tuple(actings_of(visit))
    if not every or not visit.may(Act.COMMAND):
        return NOTHING
    named = [each for each in every if each.name == wanted]
    best = NOTHING
    for acting in named or every[:ACTINGS_MAX]:
        found = tuple(_offers(asked, acting.actor, at))
        if best.acting is None or len(found) > len(best.offers):
            best = OfferedMatter(acting, tuple(e for e in every if e != acting), found)
    return best


def _offers(asked: AskedMatter, actor: Actor, at: datetime) -> Iterator[Offer]:
    for kind in _tried(asked):
        varied = variants_of(kind, asked.rule) if kind in VARYING else (("", None),)
        for place, name in varied:
            if _passes(settled(asked, kind, place), kind, actor, at):
                yield Offer(kind, place, name)


def _tried(asked: AskedMatter) -> tuple[str, ...]:
    matter, aggregate = asked.matter, aggregate_of(asked.rule)
    if matter is None:
        return (opening_kind(asked.rule),)
    if not matter.is_open:
        return ()
    own = kinds_of(aggregate)
    if asked.own is None:
        return (*own, *COMMON)
    return tuple(kind for kind in own if kind not in OF_THE_OFFICE)


def _passes(asked: AskedMatter, kind: str, actor: Actor, at: datetime) -> bool:
    form, context = form_of(kind, asked), Context(at=at, terms=asked.terms)
    for values in islice(_smallest(form, asked, context), TRIED_MAX):
        command, _ = command_in(form, values, asked)
        if command is None:
            continue
        try:
            submission = MatterSubmission(
                id=SMALLEST,
                zone=asked.handbook.zone,
                key=SMALLEST if asked.matter is None else asked.matter.key,
                actor=actor,
                command=command,
            )
            decide_matter(asked.whole, submission, context)
        except ValidationError:
            continue
        except IssueError as refusal:
            if _is_of_all(refusal, form):
                return False
            continue
        return True
    return False


def _is_of_all(refusal: IssueError, form: Form) -> bool:
    """Whether no other content would fare better."""
    is_barred = isinstance(refusal, NotPermittedError) and refusal.field == "actor"
    return is_barred and all(each.name not in _WHOSE for each in leaves_of(form.entries))


_WHOSE: Final = frozenset({"enterprise", "subject", "side", "proposal", "holding", "subjects"})
"""Fields that say whose it is: who may not for one may for another."""


def _smallest(
    form: Form, asked: AskedMatter, context: Context
) -> Iterator[dict[str, tuple[str, ...]]]:
    """Yield smallest contents of a form: what it requires, then also what may be needed."""
    for further in ((), *_NEEDED.get(form.kind, ())):
        axes = [
            (each.path, _candidates(form, each, asked, context))
            for each in _asked_in(form, form.entries, further)
        ]
        if all(found for _, found in axes):
            for chosen in islice(product(*(found for _, found in axes)), PER_CONTENT):
                yield {path: (text,) for (path, _), text in zip(axes, chosen, strict=True)}


_NEEDED: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "open_pipeline": (("enterprise",), ("enterprise", "amount"), ("enterprise", "dates")),
    "open_match": (("enterprise",), ("places",), ("enterprise", "places")),
    "open_grant": (("unit",), ("unit", "capacity")),
    "record_step": (("no_abnormality",),),
    "record_step_for_many": (("no_abnormality",),),
    "exclude_target": (("code",),),
    "move_stage": (("amount",), ("exemption",), ("amount", "exemption")),
    "record_party": (("type",),),
    "appoint_contact": (("post",),),
    "set_date": (("reason",),),
    "record_meeting": (("outcomes",), ("parties",)),
    "propose": (("enterprise",), ("enterprise", "places"), ("others",), ("others", "places")),
    "decline": (("reason",), ("note",)),
    "record_proposal_step": (("proposal",),),
    "record_outcome": (("places",),),
    "add_subject": (("name",), ("name", "enterprise"), ("name", "enterprise", "builder")),
    "describe_subject": (("name",), ("name", "enterprise")),
    "revise_list": (("joins",), ("leaves",)),
    "set_status": (("problems",),),
    "issue_permit": (("to_on",),),
    "renew_permit": (("to_on",),),
    "grant_entitlement": (("to_on",), ("limit",), ("to_on", "limit")),
    "use_holding": (("quantity",),),
}
"""What a procedure may need of a command beyond what its model requires: sets of fields."""


def _asked_in(form: Form, entries: Sequence[Entry], further: tuple[str, ...]) -> Iterator[Field]:
    for entry in entries:
        if not (entry.required or entry.path in further):
            continue
        if isinstance(entry, Field):
            yield entry
        else:
            yield from _of_block(form, entry, further)


def _of_block(form: Form, block: Block, further: tuple[str, ...]) -> Iterator[Field]:
    is_whole = block.path in form.worths or block.path in form.groups
    for each in block.rows[:1]:
        if not is_whole or form.groups.get(block.path) is Group.GIVEN:
            yield from _asked_in(form, each, further)
            continue
        for entry in each:
            if isinstance(entry, Field) and entry.name not in ("precision", "of"):
                yield entry


def _above(field: Field) -> str:
    return field.path.rpartition(".")[0]


def _candidates(form: Form, field: Field, asked: AskedMatter, context: Context) -> tuple[str, ...]:
    choices = choices_in(form, field, asked)
    if choices is not None:
        if field.name == "type" and form.groups.get(_above(field).rpartition(".")[0]):
            return (ValueKind.COUNT.value,)
        return tuple(each.value for each in choices[:CANDIDATES])
    day = asked.terms.calendar.day_of(context.at).isoformat()
    match field.input:
        case Input.DAY:
            return (day,)
        case Input.NUMBER:
            return (str(max(1, field.at_least or 1)),)
        case Input.CHECK:
            return ("true",)
        case Input.CODE:
            return (SMALLEST,)
        case Input.LENGTH | Input.MOMENT:
            return ()
        case _:
            return (_written(form, field),)


def _written(form: Form, field: Field) -> str:
    if _above(field) in form.worths or field.name in (NUMBER, "part", "whole"):
        return "CNY" if field.name == "currency" else "1"
    return SMALLEST
