"""What can be chosen in a field of a command's form, where the handbook or the issue says so."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from console.offers_fields import Field, Input
from domain.clocks import Clock
from domain.commands_of_kin import OWN_LINKS
from domain.elsewhere import ELSEWHERE
from domain.exclusion import ExclusionStanding
from domain.handbook import Handbook
from domain.issue import Issue
from domain.kin import Tie
from domain.likeness import METHODS
from domain.model import Name
from domain.phases import CallbackAnswer, LinkType, Priority, ResultClass
from domain.terms import Terms

CHOICES_MAX: Final = 500
"""Of more, whoever fills in the form writes the code."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a field, and what it is called: by the handbook, or by a text of the console."""

    value: str
    name: Name | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The issue that a form is about, and its terms."""

    issue: Issue
    terms: Terms

    @property
    def handbook(self) -> Handbook:
        """Return the issue's handbook."""
        return self.terms.handbook


def choices_of(kind: str, field: Field, asked: Asked) -> tuple[Choice, ...] | None:
    """Return what can be chosen in a field of a form; None where anything can be written."""
    if field.enum is not None:
        narrowed = _NARROWED.get((kind, field.place), tuple(field.enum))
        return tuple(_of_enum(each) for each in narrowed)
    if field.input is Input.YES_NO:
        return Choice("true", text="issue_form.yes"), Choice("false", text="issue_form.no")
    source = _OF_PLACE.get((kind, field.place)) or _OF_NAME.get(field.name)
    if source is None:
        return None
    found = tuple(source(asked))
    return None if len(found) > CHOICES_MAX else found


def enum_text(value: Enum) -> str:
    """Return the name of the text that says what a value of an enumeration means."""
    return f"issue_value.{type(value).__name__.lower()}_{value.value}"


def _of_enum(value: Enum) -> Choice:
    return Choice(str(value.value), text=enum_text(value))


def _plain(value: object) -> Choice:
    return Choice(str(value), Name(zh=str(value), en=str(value)))


def _tier(asked: Asked, levels: Iterable[int]) -> Iterable[Choice]:
    tiers = asked.handbook.tiers
    return [Choice(str(level), tiers[level - 1].name) for level in levels if level <= len(tiers)]


def _posts(asked: Asked) -> Iterable[Choice]:
    return [Choice(each.id, each.name) for each in asked.handbook.posts]


def _units(asked: Asked) -> Iterable[Choice]:
    return [Choice(each.id, each.name) for each in asked.handbook.units]


def _own_units(asked: Asked) -> Iterable[Choice]:
    return [Choice(each.id, each.name) for each in asked.handbook.units if not each.external]


def _outside(asked: Asked) -> Iterable[Choice]:
    return [Choice(each.id, each.name) for each in asked.handbook.units if each.external]


def _units_with_posts(asked: Asked) -> Iterable[Choice]:
    acting = {each.unit for each in asked.handbook.posts}
    return [Choice(each.id, each.name) for each in asked.handbook.units if each.id in acting]


def _categories(asked: Asked) -> Iterable[Choice]:
    return [Choice(each.id, each.name) for each in asked.handbook.categories]


def _parts(asked: Asked) -> Iterable[Choice]:
    team = asked.issue.team
    names = {each.id: each.name for each in asked.handbook.units}
    for part in () if team is None else team.parts:
        if not part.is_settled:
            unit = names.get(part.unit, Name(zh=part.unit, en=part.unit))
            yield Choice(
                part.id, Name(zh=f"{part.id} · {unit.zh}"[:200], en=f"{part.id} · {unit.en}"[:200])
            )


def _clocks(asked: Asked, kinds: Iterable[str]) -> Iterable[Choice]:
    allowed = set(kinds)
    return [
        Choice(clock.id, _clock_name(asked, clock))
        for clock in asked.issue.clocks
        if clock.is_live and clock.rule in allowed
    ]


def _clock_name(asked: Asked, clock: Clock) -> Name:
    rule = asked.terms.rules_by_id.get(clock.rule)
    if rule is None:
        return Name(zh=clock.id, en=clock.id)
    part = clock.id.removeprefix(clock.rule).strip(".")
    if not part:
        return rule.name
    return Name(zh=f"{rule.name.zh} {part}"[:200], en=f"{rule.name.en} {part}"[:200])


def _extendable(asked: Asked) -> Iterable[Choice]:
    rule = asked.handbook.extensions
    return _clocks(asked, () if rule is None else rule.clocks)


def _instructable(asked: Asked) -> Iterable[Choice]:
    rule = asked.handbook.instructions
    return _clocks(asked, () if rule is None else rule.clocks)


def _teams(asked: Asked) -> Iterable[Choice]:
    return [Choice(each.id, each.name) for each in asked.handbook.teams]


def _stages(asked: Asked) -> Iterable[Choice]:
    rule = asked.handbook.emergency
    return [] if rule is None else [Choice(each.id, each.name) for each in rule.stages]


def _form(asked: Asked) -> Iterable[Choice]:
    application = asked.issue.application
    for rule in asked.handbook.applications:
        if application is not None and rule.id == application.form:
            yield from (Choice(each.id, each.name) for each in rule.items)


def _signers(asked: Asked) -> Iterable[Choice]:
    application = asked.issue.application
    for rule in asked.handbook.applications:
        if application is not None and rule.id == application.form:
            yield from (Choice(each.id, each.name) for each in rule.signers)


def _draws(asked: Asked) -> Iterable[Choice]:
    waiting = (None, CallbackAnswer.NOT_REACHED)
    return [_plain(each.draw) for each in asked.issue.callbacks if each.answer in waiting]


def _links(asked: Asked) -> Iterable[Choice]:
    own = (tie for tie in _known(asked) if not tie.incoming and tie.type in OWN_LINKS)
    return [_plain(key) for key in dict.fromkeys(tie.other for tie in own)]


def _children(asked: Asked) -> Iterable[Choice]:
    ties = _known(asked)
    return [_plain(tie.other) for tie in ties if tie.incoming and tie.type is LinkType.PART_OF]


def _known(asked: Asked) -> Iterable[Tie]:
    return (tie for tie in asked.issue.ties if tie.other != ELSEWHERE)


def _round(asked: Asked) -> Iterable[Choice]:
    return [] if asked.issue.round is None else [_plain(asked.issue.round.number)]


def _exclusions(standing: ExclusionStanding) -> Callable[[Asked], Iterable[Choice]]:
    def found(asked: Asked) -> Iterable[Choice]:
        every = asked.issue.exclusions
        return [_plain(each.number) for each in every if each.standing is standing]

    return found


_OF_NAME: Final[Mapping[str, Callable[[Asked], Iterable[Choice]]]] = MappingProxyType(
    {
        "handler": _posts,
        "attended": _posts,
        "absent": _posts,
        "proxy": _posts,
        "unit": _units,
        "lead": _own_units,
        "category": _categories,
        "party": _outside,
        "template": _teams,
        "stage": _stages,
        "item": _form,
        "role": _signers,
        "draw": _draws,
        "round": _round,
        "method": lambda _: [_plain(each) for each in reversed(METHODS)],
        "satisfaction": lambda _: [_plain(each) for each in range(5, 0, -1)],
    }
)

_PART_COMMANDS: Final = (
    "accept_part",
    "refuse_part",
    "finish_part",
    "waive_part",
    "replace_part",
    "leave_part",
    "rule_part",
)

_OF_PLACE: Final[Mapping[tuple[str, str], Callable[[Asked], Iterable[Choice]]]] = MappingProxyType(
    {
        ("hand_over", "unit"): _units_with_posts,
        ("rule_dispatch", "unit"): _units_with_posts,
        ("refuse_dispatch", "suggested"): _units_with_posts,
        ("ask_extension", "clock"): _extendable,
        ("instruct", "clock"): _instructable,
        ("escalate", "to_tier"): lambda a: _tier(a, range(a.issue.tier + 1, 6)),
        ("deescalate", "to_tier"): lambda a: _tier(a, range(1, a.issue.tier)),
        ("unlink", "target"): _links,
        ("release_child", "child"): _children,
        ("exclude_from_figures", "code"): lambda a: [
            Choice(each.id, each.name) for each in a.handbook.exclusions
        ],
        ("review_exclusion", "exclusion"): _exclusions(ExclusionStanding.ASKED),
        ("lift_exclusion", "exclusion"): _exclusions(ExclusionStanding.ACCEPTED),
        ("lift_instruction", "number"): lambda a: [_plain(e.number) for e in a.issue.instructions],
        **{(kind, "part"): _parts for kind in _PART_COMMANDS},
    }
)

_NARROWED: Final[Mapping[tuple[str, str], tuple[Enum, ...]]] = MappingProxyType(
    {
        ("propose_resolution", "resolution.result"): tuple(
            each for each in ResultClass if each is not ResultClass.WITHDRAWN
        ),
        ("end_emergency", "priority"): (Priority.ORDINARY, Priority.EXPEDITED),
        ("link", "type"): OWN_LINKS,
        ("unlink", "type"): OWN_LINKS,
    }
)
"""Of an enumeration what this command can mean."""
