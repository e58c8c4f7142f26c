"""One matter closely: how it stands, what is next, its tables, its facts, what may be done now."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final

from fastapi import Path, Query, Response

from console.offers_actors import ACTING_CHARACTERS_MAX
from console.offers_matters import GRAVE, NOTHING, Offer, OfferedMatter, asked_of, offered_of
from console.offers_matters_fields import MODELS, AskedMatter
from console.page import Page
from console.pages.matters import MATTERS, SEES, procedure_of
from console.queries.matters import MatterLine
from console.queries.matters_campaign import campaign_sheets
from console.queries.matters_facts import Names, facts_shown
from console.queries.matters_glance import glance_of
from console.queries.matters_grant import grant_sheets
from console.queries.matters_match import match_sheets
from console.queries.matters_past import stop_at, stops_of
from console.queries.matters_pipeline import pipeline_sheets
from console.queries.matters_register import register_sheets
from console.queries.matters_seen import facts_told, line_told, seen, sight_of, told
from console.queries.matters_sheets import Sheet, Shown
from console.queries.matters_values import value_name, values_name
from console.queries.naming import Naming
from console.routing import page_router
from console.visit import InZone, ZoneVisit
from domain.access import Act
from domain.errors import InvalidRequestError, UnknownMatterError
from domain.matters.campaign.rules import CampaignProcedure
from domain.matters.campaign.state import Campaign
from domain.matters.grant.rules import GrantProcedure
from domain.matters.grant.state import Grant
from domain.matters.match.rules import MatchProcedure
from domain.matters.match.state import Match
from domain.matters.matter import MatterKey
from domain.matters.pipeline.rules import PipelineProcedure
from domain.matters.pipeline.state import Pipeline
from domain.matters.register.rules import RegisterProcedure
from domain.matters.register.state import Register
from domain.matters.rules import AnyProcedure, aggregate_of
from domain.matters.state import Matter
from domain.model import Code, to_millisecond
from domain.terms import Terms
from face.looking import POSITION_DIGITS_MAX, Travel
from face.matter_looking import MatterLook, look_at_matter

ONE: Final = Page("matter", "/matters/{procedure}/{key}", SEES)
pages: tuple[Page, ...] = (ONE,)
router = page_router()

ACTED_MAX: Final = 20
"""Of so many matters it is tried what may be done while somebody waits for their first page."""
ROWS_MAX: Final = 100_000
VERSION_MAX: Final = 2**31 - 1

Key = Annotated[MatterKey, Path()]
Procedure = Annotated[Code, Path()]


@router.get("/{zone}/matters/{procedure}/{key}")
async def one(
    visit: InZone,
    procedure: Procedure,
    key: Key,
    as_of: Annotated[str | None, Query(pattern="^[0-9]+$", max_length=POSITION_DIGITS_MAX)] = None,
    stop: Annotated[int | None, Query(ge=1, le=VERSION_MAX)] = None,
    start: Annotated[int, Query(alias="from", ge=0, le=ROWS_MAX)] = 0,
    before: Annotated[int | None, Query(ge=1, le=VERSION_MAX)] = None,
    acting: Annotated[str, Query(max_length=ACTING_CHARACTERS_MAX)] = "",
    done: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Show a matter as it stands, or as it stood at a position of the ledger, as far as the visitor
    is told of it; `stop` names that position by one of the facts that they are told."""
    if stop is not None:
        return await _to_stop(visit, procedure, key, stop)
    travel = Travel(as_of=as_of)
    look = await look_at_matter(visit.house, visit.caller, sight_of(visit), key, travel)
    data = await _shown(visit, look, procedure, start, before)
    offered = NOTHING
    if look.sight is None:
        offered = await offers_to(visit, look.whole, data["rule"], acting)
    data |= {"as_of": as_of, "offered": offered, "notice": _done(visit, done)}
    return visit.show(ONE, data)


async def _shown(
    visit: ZoneVisit, look: MatterLook, procedure: str, start: int, before: int | None
) -> dict[str, Any]:
    """Return what the page tells of a matter: of the past by the terms that it then went by."""
    whole, at = look.whole, to_millisecond(look.at or visit.at)
    is_past = look.sight is not None
    _require_of(whole, procedure)
    terms = await visit.desk.shelf.version(whole.terms) if is_past else visit.terms
    rule = terms.handbook.procedure(procedure) if is_past else None
    rule = rule or await rule_of(visit, whole)
    matter, naming, own = await told(visit, whole), Naming(terms.handbook), visit.caller.enterprise
    names = Names(naming, rule, visit.time_zone)
    every = await facts_told(visit, whole)
    facts, earlier = facts_shown(every, names, before)
    of_now = await facts_told(visit, look.now) if is_past else every
    stops = stops_of(of_now, await visit.desk.ledger.positions(whole.stream))
    shown = Shown(terms, at, start, own)
    return frame(visit, rule, whole.key) | {
        "is_past": is_past,
        "stops": stops,
        "stop_shown": stop_at(stops, whole.version),
        "slider": [
            f"{each.number} · {visit.local(each.at)} · {visit.name(each.title)}" for each in stops
        ],
        "naming": naming,
        "matter": matter,
        "line": line_told(whole, matter, rule, at),
        "details": values_name(matter.details, rule.asks),
        "sheets_shown": tuple(sheets_of(matter, rule, shown)),
        "more": tuple(glance_of(matter, rule, naming)),
        "totals": () if own is not None else matter.totals,
        "value": value_name,
        "dues": sorted(matter.dues, key=lambda each: each.due_at)[:8] if matter.is_open else (),
        "due_name": lambda due: due_name(visit, due.id, due.about, names),
        "facts": facts,
        "earlier": earlier,
        "grave": GRAVE,
        "is_own": own is not None,
        "at": at,
        "may_see_enterprise": visit.may(Act.READ_BOARD),
    }


async def _to_stop(visit: ZoneVisit, procedure: str, key: str, number: int) -> Response:
    """Lead to a matter as it stood after one of the facts that a visitor is told of it."""
    matter, rule = await matter_of(visit, procedure, key)
    facts = await facts_told(visit, matter)
    if number > len(facts):
        raise InvalidRequestError(
            "The matter has no such fact.",
            field="stop",
            value=number,
            allowed=f"1 to {len(facts)}",
        )
    placed = await visit.desk.ledger.positions(
        matter.stream, from_version=facts[number - 1].version
    )
    return visit.elsewhere(f"{frame(visit, rule, key)['address']}?as_of={placed[0]}")


async def matter_of(visit: ZoneVisit, procedure: str, key: str) -> tuple[Matter, AnyProcedure]:
    """Return a matter in sight, and its procedure. Raises UnknownMatterError, NotPermittedError."""
    matter = await seen(visit, key)
    _require_of(matter, procedure)
    return matter, await rule_of(visit, matter)


async def rule_of(visit: ZoneVisit, matter: Matter) -> AnyProcedure:
    """Return the procedure by which a matter goes on."""
    rule = (await terms_of(visit, matter)).handbook.procedure(matter.procedure)
    return procedure_of(visit, matter.procedure) if rule is None else rule


def _require_of(matter: Matter, procedure: str) -> None:
    if matter.procedure != procedure:
        key = matter.key
        raise UnknownMatterError("No matter was opened under this key.", field="key", value=key)


async def terms_of(visit: ZoneVisit, matter: Matter) -> Terms:
    """Return the terms by which an act would be judged: those in force, where they still hold the
    procedure, else the matter's own."""
    rule = visit.handbook.procedure(matter.procedure)
    if rule is not None and aggregate_of(rule) is matter.aggregate:
        return visit.terms
    return await visit.house.desk.shelf.version(matter.terms)


async def offers_to(
    visit: ZoneVisit, matter: Matter, rule: AnyProcedure, acting: str = ""
) -> OfferedMatter:
    """Return what a visitor may do with a matter now."""
    if not matter.is_open:
        return NOTHING
    at = max(to_millisecond(visit.house.desk.clock.now()), matter.changed_at)
    return offered_of(visit, await asked_about(visit, matter, rule), at, acting)


async def asked_about(visit: ZoneVisit, matter: Matter, rule: AnyProcedure) -> AskedMatter:
    """Return what the forms of a visitor are about; choices name what they are told of."""
    terms = await terms_of(visit, matter)
    return asked_of(visit, rule, terms, await told(visit, matter), matter)


def frame(visit: ZoneVisit, rule: AnyProcedure, key: str | None = None) -> dict[str, Any]:
    """Return what every page of one matter needs."""
    root = MATTERS.address(visit.zone)
    zone = root.removesuffix("/matters")
    of = f"{root}/{rule.id}"
    links = {"enterprise": f"{zone}/enterprises/", "issue": f"{zone}/issues/"}

    def link(kind: str, id_: str) -> str:
        if kind == "enterprise" and not visit.may(Act.READ_BOARD):
            return ""
        if kind == "issue" and visit.caller.enterprise is not None:
            return f"{zone}/mine/{id_}"
        return f"{links[kind]}{id_}" if kind in links else ""

    return {
        "rule": rule,
        "root": root,
        "here_of": of,
        "address": of if key is None else f"{of}/{key}",
        "naming": Naming(visit.handbook),
        "link": link,
        "offer_name": lambda offer: offer_name(visit, offer),
    }


def offer_name(visit: ZoneVisit, offer: Offer) -> str:
    """Return what a command is called; with what it settles, where it settles something."""
    called = visit.said(f"matter_command.{offer.kind}")
    return called if offer.name is None else f"{called}: {visit.name(offer.name)}"


async def acts_on(
    visit: ZoneVisit, lines: Sequence[tuple[AnyProcedure, MatterLine]]
) -> dict[str, list[tuple[str, str]]]:
    """Return what a visitor may do with each of the first open matters: its name, and where."""
    found = {}
    for rule, line in [each for each in lines if each[1].matter.is_open][:ACTED_MAX]:
        address = f"{MATTERS.address(visit.zone)}/{rule.id}/{line.matter.key}"
        offered = await offers_to(visit, line.matter, rule)
        found[line.matter.key] = [
            (offer_name(visit, each), f"{address}/do/{each.kind}?at={each.at}")
            for each in offered.offers
        ]
    return found


def sheets_of(matter: Matter, rule: AnyProcedure, shown: Shown) -> Iterator[Sheet]:
    """Yield the tables of a matter."""
    match matter, rule:
        case Campaign(), CampaignProcedure():
            yield from campaign_sheets(matter, rule, shown)
        case Pipeline(), PipelineProcedure():
            yield from pipeline_sheets(matter, rule, shown)
        case Match(), MatchProcedure():
            yield from match_sheets(matter, rule, shown)
        case Register(), RegisterProcedure():
            yield from register_sheets(matter, rule, shown)
        case Grant(), GrantProcedure():
            yield from grant_sheets(matter, rule, shown)
        case _:
            return


def due_name(visit: ZoneVisit, id_: str, about: str | None, names: Names) -> str:
    """Return what is waited for at an instant."""
    kind, _, step = id_.partition("-")
    named = about or (step if kind == "step" else None)
    if named is not None and kind in ("step", "check", "unchecked", "date", "answer", "warning"):
        own = names.own.get(named)
        what = named if own is None else visit.name(own)
        return visit.said(f"matter_due.{kind}", what=what)
    found = {
        "no-sign": "no_sign",
        "cut-off": "cut_off",
        "end": "end",
        "stage": "stage",
        "ends": "ends",
        "ending": "ending",
        "watch": "watch",
        "refill": "refill",
        "check": "check_of_subjects",
    }.get(id_)
    said = id_ if found is None else visit.said(f"matter_due.{found}")
    return said if about is None else f"{said} · {about}"


def _done(visit: ZoneVisit, kind: str) -> str | None:
    if kind not in MODELS:
        return None
    return visit.said("issue_form.done", what=visit.said(f"matter_command.{kind}"))
