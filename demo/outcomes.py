"""What the sources tell in sums: each outcome as commands to matters, played into a ledger.

Of what was done one by one the sources say little; of what it came to, much. So each outcome opens
a matter of the procedure that it belongs to and states its sums there, as of the source. What the
source names and does not state is recorded as null, and shown as "not stated".
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, ValidationError

from desk.desk import Desk
from desk.errands import ErrandRunner
from desk.matters import MatterDesk
from desk.shelf import Shelf
from domain.handbook import Handbook, Role
from domain.matters.acts import Problem, StateTotal
from domain.matters.campaign.commands import OpenCampaign
from domain.matters.campaign.rules import CampaignProcedure
from domain.matters.commands import MatterAct, MatterSubmission
from domain.matters.counting import figures_of
from domain.matters.figures import Figure
from domain.matters.grant.commands import OpenGrant
from domain.matters.grant.rules import GrantProcedure
from domain.matters.match.commands import OpenMatch
from domain.matters.match.rules import MatchProcedure
from domain.matters.matter import StatedTotal
from domain.matters.pipeline.commands import OpenPipeline
from domain.matters.pipeline.rules import PipelineProcedure
from domain.matters.register.commands import Member, OpenRegister, SetStatus
from domain.matters.register.rules import RegisterProcedure
from domain.matters.rules import AnyProcedure
from domain.matters.state import Matter
from domain.matters.values import Amount, Count, Quantity, Ratio, Value
from domain.matters.words import Precision
from domain.model import Code, Frozen, Name, Text
from domain.organization import holders, owner_post, posts_of_role
from domain.people import Officer
from handbooks.shelf import read_terms
from ledger.memory import MemoryLedger

FOLDER: Final = Path(__file__).with_suffix("")
PLAYED_AT: Final = datetime(2026, 6, 3, 1, 30, tzinfo=UTC)
"""Made up: when the sums are entered. The sources' own days stand in `as_of_on`."""
NOT_STATED: Final = "not stated"
MATTERS_MAX: Final = 100
GRAMMAR: Final = "[over|under|about] [CNY] 12[.34] [unit], 12/34, or: not stated"
HUNDREDTHS, THOUSANDTHS = 2, 3
FRONT_LINE: Final = 1
_NUMBER = re.compile(
    r"(?:(?P<precision>over|under|about) )?(?:(?P<currency>[A-Z]{3}) )?"
    r"(?P<whole>\d{1,13})(?:\.(?P<rest>\d{1,3}))?(?: (?P<unit>[a-z]+))?"
)
_RATIO = re.compile(r"(?P<part>\d+)/(?P<whole>\d+)")


class OutcomeError(ValueError):
    """A file of outcomes cannot be read, or says what its zone's handbook does not know."""


def read_value(text: str) -> Value | None:
    """Return the value that a text such as `over 230`, `about CNY 100000000`, `6 tonne` or
    `353/353` says; None for what is not stated. Money is said in whole units."""
    if text == NOT_STATED:
        return None
    ratio = _RATIO.fullmatch(text)
    if ratio is not None:
        return Ratio(part=int(ratio["part"]), whole=int(ratio["whole"]))
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no value; allowed: {GRAMMAR}")
    precision = Precision(found["precision"] or Precision.EXACT)
    if found["currency"] is not None:
        hundredths = _scaled(found, HUNDREDTHS)
        return Amount(hundredths=hundredths, currency=found["currency"], precision=precision)
    if found["unit"] is not None:
        thousandths = _scaled(found, THOUSANDTHS)
        return Quantity(thousandths=thousandths, unit=found["unit"], precision=precision)
    return Count(n=_scaled(found, 0), precision=precision)


def _scaled(found: re.Match[str], places: int) -> int:
    rest = found["rest"] or ""
    if len(rest) > places:
        raise ValueError(f"{found[0]!r} has more decimals than are kept; allowed: {places}")
    return int(found["whole"] + rest.ljust(places, "0"))


def _read(value: Any) -> Any:
    return read_value(value) if isinstance(value, str) else value


Stated = Annotated[Value | None, BeforeValidator(_read)]


class Total(Frozen):
    """One sum. `id` is the group of figures that it is in domain.md; without one, the outcome's
    own."""

    id: Code | None = None
    procedure: Code
    name: Name
    as_of_on: date | None = None
    figures: dict[Code, Stated] = Field(default={})


class Outcome(Frozen):
    """One row of what the sources tell in sums, or of a status. `zone_stated`: whether they say of
    which zone it is."""

    id: Annotated[str, Field(pattern=r"^[BCD]\d\d$")]
    source: Annotated[str, Field(pattern=r"^\d{3}:\d+(-\d+)?(, \d{3}:\d+(-\d+)?)*$")]
    category: Code | None = None
    what: Name
    note: Text | None = None
    zone_stated: bool = True
    enterprise: Code | None = None
    members: tuple[Member, ...] = ()
    status: Code | None = None
    problem: Problem | None = None
    not_stated: tuple[Code, ...]
    totals: Annotated[tuple[Total, ...], Field(min_length=1)]


class Outcomes(Frozen):
    """The outcomes of one zone."""

    zone: Code
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """An outcome as the ledger has it: what is stated in which matters, and what the procedures'
    figures say of these."""

    zone: str
    outcome: Outcome
    matters: tuple[Matter, ...]
    figures: tuple[Figure, ...]

    def totals(self) -> Iterator[tuple[Matter, StatedTotal]]:
        """Yield every sum that is stated, in the order in which it was."""
        for matter in self.matters:
            for total in matter.totals:
                yield matter, total


class Still:
    """A clock that stands at one instant of the story."""

    offset = timedelta(0)

    def now(self) -> datetime:
        """Return when the sums are entered."""
        return PLAYED_AT


def read_outcomes(folder: Path = FOLDER) -> tuple[Outcomes, ...]:
    """Return every zone's outcomes, or raise OutcomeError naming the file."""
    found: list[Outcomes] = []
    for file in sorted(folder.glob("*.toml")):
        try:
            data = tomllib.loads(file.read_text(encoding="utf-8"))
            found.append(Outcomes.model_validate(data))
        except (tomllib.TOMLDecodeError, ValidationError) as error:
            raise OutcomeError(f"{file.name}: {error}") from error
    return tuple(found)


async def told_outcomes() -> tuple[Told, ...]:
    """Play all outcomes into a ledger in memory and read each back from it, by id."""
    told: list[Told] = []
    for of_zone in read_outcomes():
        desk = desk_of(of_zone.zone)
        for outcome in of_zone.outcomes:
            await play(desk, of_zone.zone, outcome)
        await ErrandRunner(desk).once()
        told += [await _read_back(desk, of_zone.zone, each) for each in of_zone.outcomes]
    return tuple(sorted(told, key=lambda each: each.outcome.id))


def desk_of(zone: str) -> Desk:
    """Return a desk of its own for a shipped zone, on a ledger in memory."""
    ledger = MemoryLedger()
    return Desk(ledger, Shelf(ledger, {zone: read_terms(zone)}), Still())


async def play(desk: Desk, zone: str, outcome: Outcome) -> None:
    """Open the matters of an outcome and state its sums there."""
    book = (await desk.shelf.current(zone, PLAYED_AT)).handbook
    coordinator = _coordinator(book)
    matters = MatterDesk(desk)
    for key, totals in _by_matter(outcome).items():
        rule = book.procedure(totals[0].procedure)
        if rule is None:
            raise OutcomeError(f"{outcome.id}: {zone} has no procedure {totals[0].procedure!r}")
        for number, command in enumerate(_commands(outcome, rule, totals)):
            submission = MatterSubmission(
                id=f"outcome.{key}.{number}",
                zone=zone,
                key=key,
                actor=_front_line(book, command) or coordinator,
                command=command,
            )
            await matters.carry_out(submission)


def key_of(outcome: Outcome, procedure: str) -> str:
    """Return what the matter of an outcome is called in its procedure."""
    return f"{outcome.id}.{procedure}"


def _by_matter(outcome: Outcome) -> dict[str, list[Total]]:
    totals: dict[str, list[Total]] = {}
    for total in outcome.totals:
        totals.setdefault(key_of(outcome, total.procedure), []).append(total)
    return totals


def _commands(outcome: Outcome, rule: AnyProcedure, totals: Sequence[Total]) -> Iterator[MatterAct]:
    yield _opening(outcome, rule)
    if outcome.status is not None and outcome.enterprise is not None:
        problems = () if outcome.problem is None else (outcome.problem,)
        yield SetStatus(subject=outcome.enterprise, status=outcome.status, problems=problems)
    missing = dict.fromkeys(outcome.not_stated) if totals[0] is outcome.totals[0] else {}
    for total in totals:
        yield StateTotal(
            label=label_of(total.name),
            figures={**total.figures, **missing},
            as_of_on=total.as_of_on,
            source=outcome.source,
        )
        missing = {}


def label_of(name: Name) -> str:
    """Return the label of a sum, in both languages."""
    return f"{name.zh} / {name.en}"


def _opening(outcome: Outcome, rule: AnyProcedure) -> MatterAct:
    title, id_ = outcome.what.zh, rule.id
    match rule:
        case CampaignProcedure():
            return OpenCampaign(procedure=id_, title=title)
        case PipelineProcedure(meets=meets):
            whose = None if meets else outcome.enterprise
            return OpenPipeline(procedure=id_, title=title, enterprise=whose)
        case MatchProcedure(sides=sides):
            whose = outcome.enterprise
            return OpenMatch(procedure=id_, title=title, enterprise=whose, side=sides[0].id)
        case RegisterProcedure():
            named = [] if outcome.enterprise is None else [Member(subject=outcome.enterprise)]
            return OpenRegister(procedure=id_, title=title, members=(*outcome.members, *named))
        case GrantProcedure(units=units):
            return OpenGrant(procedure=id_, title=title, unit=units[0].id)


def _coordinator(book: Handbook) -> Officer:
    (post, *_) = posts_of_role(book, Role.COORDINATOR)
    return Officer(person=holders(post, PLAYED_AT.date())[0], post=post.id)


def _front_line(book: Handbook, command: MatterAct) -> Officer | None:
    """Return whoever is nearest to the enterprise whose status is set; None for all else."""
    if not isinstance(command, SetStatus):
        return None
    post = owner_post(book, command.subject, FRONT_LINE)
    if post is None:
        return None
    return Officer(person=holders(post, PLAYED_AT.date())[0], post=post.id)


async def _read_back(desk: Desk, zone: str, outcome: Outcome) -> Told:
    matters = MatterDesk(desk)
    book = (await desk.shelf.current(zone, PLAYED_AT)).handbook
    found = [(await matters.row(zone, key)).matter for key in _by_matter(outcome)]
    figures: list[Figure] = []
    for matter in found:
        rule = book.procedure(matter.procedure)
        if rule is not None:
            figures += figures_of(rule, [matter])
    return Told(zone, outcome, tuple(found), tuple(figures))
