"""What the page of a matter says of it at a glance, beside its tables."""

from collections.abc import Iterator

from console.queries.issue_timeline import word
from console.queries.matters_grant import unit_name
from console.queries.matters_values import value_name
from console.queries.naming import Naming
from domain.elsewhere import ELSEWHERE
from domain.matters.campaign.state import Campaign
from domain.matters.grant.rules import GrantProcedure
from domain.matters.grant.state import Grant
from domain.matters.match.rules import MatchProcedure
from domain.matters.match.state import Match
from domain.matters.pipeline.rules import PipelineProcedure
from domain.matters.pipeline.state import Pipeline
from domain.matters.register.state import Register
from domain.matters.rules import AnyProcedure
from domain.matters.state import Matter
from domain.model import Name

Told = tuple[str, Name | str]
"""The name of a label's text, and what it holds."""


def glance_of(matter: Matter, rule: AnyProcedure, naming: Naming) -> Iterator[Told]:
    """Yield what is said of a matter at a glance."""
    match matter, rule:
        case Campaign(), _:
            yield from _campaign(matter)
        case Pipeline(), PipelineProcedure():
            yield from _pipeline(matter, rule, naming)
        case Match(), MatchProcedure():
            yield from _match(matter, rule, naming)
        case Register(), _:
            if matter.list_version:
                yield "matter.list_version", str(matter.list_version)
            if matter.list_reason is not None:
                yield "matter.list_reason", matter.list_reason
        case Grant(), GrantProcedure():
            yield from _grant(matter, rule)
        case _:
            return


def _campaign(matter: Campaign) -> Iterator[Told]:
    last = matter.ended_on or matter.to_on
    until = "—" if last is None else last.isoformat()
    yield "matter.days", f"{matter.from_on.isoformat()} → {until}"
    if matter.from_list is not None:
        yield "matter.from_list", f"{matter.from_list} ({matter.list_revision})"
    if matter.left_out:
        yield "matter.left_out", str(matter.left_out)


def _firm(naming: Naming, id_: str | None) -> Name:
    if id_ is None:
        return word("matter.of_the_zone")
    return word("matter.elsewhere") if id_ == ELSEWHERE else naming.enterprise(id_)


def _pipeline(matter: Pipeline, rule: PipelineProcedure, naming: Naming) -> Iterator[Told]:
    if rule.meets:
        return
    yield "matter_head.enterprise", _firm(naming, matter.enterprise)
    yield "matter_head.amount", value_name(matter.amount)
    if matter.exemption is not None:
        known = {each.id: each.name for each in rule.exemptions}
        yield "matter.exemption", known.get(matter.exemption, matter.exemption)


def _match(matter: Match, rule: MatchProcedure, naming: Naming) -> Iterator[Told]:
    yield "matter_head.enterprise", _firm(naming, matter.enterprise)
    sides = {each.id: each.name for each in rule.sides}
    yield "matter.side", sides.get(matter.side, matter.side)
    if rule.places is not None:
        said = word("matter.not_stated") if matter.places is None else str(matter.places)
        yield "matter_head.places", said


def _grant(matter: Grant, rule: GrantProcedure) -> Iterator[Told]:
    yield "matter.counted_in", unit_name(matter, rule) or matter.unit
    if matter.capacity is not None:
        yield "matter.capacity", str(matter.capacity)
    if rule.split is not None:
        yield "matter.split", f"{rule.split} %"
