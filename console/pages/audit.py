"""The audit: verifications and the log, one issue verified now, who looked, what was refused."""

from typing import Annotated, Final, Literal

from fastapi import Form, Query, Response
from pydantic import Field

from console.asked import MaybeCode, Unfilled, address_of
from console.page import Menu, Page
from console.queries import audit as query
from console.routing import page_router
from console.visit import InZone, ZoneVisit
from domain.access import Act, Standing
from domain.errors import NotPermittedError
from domain.model import Key
from face.asking import one_of, somewhere
from face.dependencies import seen_row
from face.looked import noted
from face.translated import in_language
from face.verifying import verify_now
from ledger.reads import KINDS

VERIFIES: Final = frozenset({Act.READ_VERIFICATION})
AUDITS: Final = frozenset({Act.READ_REFUSALS})
AUDIT: Final = Page("audit", "/audit", VERIFIES, Menu.PROOF)
LOG: Final = Page("audit_log", "/audit/log", VERIFIES)
READS: Final = Page("audit_reads", "/audit/reads", AUDITS)
REFUSALS: Final = Page("audit_refusals", "/audit/refusals", AUDITS)
ISSUE: Final = Page("audit_issue", "/audit/issue", VERIFIES)
pages: tuple[Page, ...] = (AUDIT, LOG, READS, REFUSALS, ISSUE)
router = page_router()

NUMBER_MAX: Final = 2**53 - 1
AFTER_MAX: Final = 2**31 - 1
OF_A_STREAM: Final = r"^[A-Za-z0-9._-]{1,64}/[A-Za-z0-9._/-]{0,140}$"
MaybeStream = Annotated[Annotated[str, Field(pattern=OF_A_STREAM)] | None, Unfilled]
FORMS: Final = ("jsonl", "csv", "ocel", "xes")
ExportForm = Literal["jsonl", "csv", "ocel", "xes"]
MaybeKey = Annotated[Key | None, Unfilled]
MaybeMoment = Annotated[Annotated[str, Field(max_length=40)] | None, Unfilled]
MaybeFlag = Annotated[bool | None, Unfilled]


@router.get("/{zone}/audit")
async def standing(visit: InZone) -> Response:
    """Show how the ledger stands to its proofs."""
    visit.within(Act.READ_VERIFICATION)
    await noted(visit.house, visit.caller, "verification", {"zone": visit.zone})
    zones = None
    if visit.caller.zones is not None:
        seen = await somewhere(visit.house.desk, visit.caller, Act.READ_VERIFICATION)
        zones = {each.zone for each in seen}
    data = {
        "tabs": _tabs(visit, "standing"),
        "standing": await query.standing(visit.desk, zones),
        "may_export": visit.may(Act.EXPORT),
        "forms": [(each, visit.said(f"audit_form.{each}")) for each in FORMS],
        "categories": [(each.id, visit.name(each.name)) for each in visit.handbook.categories],
    }
    return visit.show(AUDIT, data)


@router.get("/{zone}/audit/export")
async def export(
    visit: InZone,
    form: Annotated[ExportForm, Query()],
    category: MaybeCode = None,
    issue: MaybeKey = None,
    from_: Annotated[MaybeMoment, Query(alias="from")] = None,
    to: MaybeMoment = None,
    open_: Annotated[MaybeFlag, Query(alias="open")] = None,
) -> Response:
    """Send the browser to the export, which the face for programs writes as a stream; what was left
    empty asks for nothing."""
    visit.within(Act.EXPORT)
    asked = {"zone": visit.zone, "category": category, "issue": issue, "from": from_, "to": to}
    flag = None if open_ is None else str(open_).lower()
    return visit.elsewhere(address_of(f"/v1/exports/{form}", asked | {"open": flag}))


@router.get("/{zone}/audit/log")
async def log(
    visit: InZone,
    after_size: Annotated[int, Query(ge=-1, le=NUMBER_MAX)] = -1,
    after: Annotated[int, Query(ge=0, le=NUMBER_MAX)] = 0,
) -> Response:
    """Show signed checkpoints, and what was given to whom outside."""
    visit.within(Act.READ_VERIFICATION)
    scope = {"zone": visit.zone, "of": "checkpoints", "after": after_size}
    await noted(visit.house, visit.caller, "verification", scope)
    checkpoints, next_size = await query.checkpoints(visit.desk, after_size)
    anchors, next_anchor = await query.anchors(visit.desk, after)
    here = LOG.address(visit.zone)
    data = {
        "tabs": _tabs(visit, "log"),
        "checkpoints": checkpoints,
        "anchors": anchors,
        "next_checkpoints": next_size and address_of(here, {"after_size": next_size}),
        "next_anchors": next_anchor and address_of(here, {"after": next_anchor}),
    }
    return visit.show(LOG, data)


@router.get("/{zone}/audit/reads")
async def reads(visit: InZone, kind: MaybeCode = None) -> Response:
    """Show who looked: of every zone to an auditor of all, else of this one."""
    visit.within(Act.READ_REFUSALS)
    one_of("kind", kind, KINDS)
    await noted(visit.house, visit.caller, "verification", {"zone": visit.zone, "of": "reads"})
    zone = None if _is_of_every_zone(visit) else visit.zone
    data = {
        "tabs": _tabs(visit, "reads"),
        "reads": await query.reads(visit.desk, kind, zone),
        "kind": kind or "",
        "kinds": [(each, each) for each in KINDS],
    }
    return visit.show(READS, data)


@router.get("/{zone}/audit/refusals")
async def refusals(
    visit: InZone,
    stream: MaybeStream = None,
    after: Annotated[int, Query(ge=0, le=AFTER_MAX)] = 0,
) -> Response:
    """Show what was refused of an issue, an order, or of the face itself."""
    visit.within(Act.READ_REFUSALS)
    found, following = None, None
    if stream is not None:
        await _require_of_reach(visit, stream)
        await noted(visit.house, visit.caller, "refusals", {"zone": visit.zone, "stream": stream})
        found, following = await query.refusals(visit.desk, stream, after)
    here = REFUSALS.address(visit.zone)
    data = {
        "tabs": _tabs(visit, "refusals"),
        "stream": stream or "",
        "refusals": found,
        "further": following and address_of(here, {"stream": stream, "after": following}),
        "of_every_zone": _is_of_every_zone(visit),
        "in_words": lambda message: in_language(message, visit.language),
    }
    return visit.show(REFUSALS, data)


@router.get("/{zone}/audit/issue")
async def ask(visit: InZone, key: Annotated[Key | None, Query()] = None) -> Response:
    """Show the form by which one issue is verified."""
    visit.within(Act.READ_VERIFICATION)
    data = {"tabs": _tabs(visit, "issue"), "key": key or "", "found": None, "may_see": False}
    return visit.show(ISSUE, data)


@router.post("/{zone}/audit/issue")
async def verify(visit: InZone, key: Annotated[Key, Form()]) -> Response:
    """Verify one issue now, on record, and show what was found."""
    visit.within(Act.READ_VERIFICATION)
    house = visit.house
    await house.desk.row(visit.zone, key)
    reached = await visit.desk.ledger.safe_position()
    found = await verify_now(house, visit.caller, visit.zone, key, reached)
    data = {
        "tabs": _tabs(visit, "issue"),
        "key": key,
        "found": found,
        "may_see": visit.may(Act.READ_EVIDENCE),
    }
    return visit.show(ISSUE, data)


def _tabs(visit: ZoneVisit, here: str) -> list[tuple[str, str, bool]]:
    every = (
        ("standing", AUDIT, Act.READ_VERIFICATION),
        ("issue", ISSUE, Act.READ_VERIFICATION),
        ("log", LOG, Act.READ_VERIFICATION),
        ("reads", READS, Act.READ_REFUSALS),
        ("refusals", REFUSALS, Act.READ_REFUSALS),
    )
    return [
        (page.address(visit.zone), visit.said(f"audit.tab_{name}"), name == here)
        for name, page, act in every
        if visit.may(act)
    ]


def _is_of_every_zone(visit: ZoneVisit) -> bool:
    """Return whether the visitor was appointed to audit every zone: no handbook gives that."""
    return visit.caller.zones is None and Standing.AUDITOR in visit.caller.standings


async def _require_of_reach(visit: ZoneVisit, stream: str) -> None:
    """Who audits every zone reads all that was refused; others that of an issue of this zone."""
    if _is_of_every_zone(visit):
        return
    zone, _, key = stream.partition("/")
    if zone != visit.zone or "/" in key:
        raise NotPermittedError(
            "You may not do this here.", field="stream", value=stream, allowed=f"{visit.zone}/KEY"
        )
    await seen_row(visit.house.desk, visit.caller, Act.READ_REFUSALS, zone, key)
