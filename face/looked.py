"""Who looked: every read of an auditor's is recorded before it is answered (Q57, Q58)."""

from collections.abc import Iterable, Mapping
from uuid import uuid4

from domain.access import LOGGED_FOR, Principal, standings_in
from domain.canonical import canonical
from domain.errors import UnknownZoneError
from domain.model import to_millisecond
from face.dependencies import terms_in_force, today_in
from face.house import House
from ledger.reads import AuditReadRow, ReadKind

SCOPE_CHARACTERS_MAX = 2000
TOO_LONG = {"cut": "what was asked for is longer than is kept"}


async def noted(
    house: House,
    caller: Principal,
    kind: ReadKind,
    scope: Mapping[str, object],
    position: int | None = None,
    *,
    zones: Iterable[str] | None = None,
) -> bool:
    """Record that the caller is about to read, if theirs are reads that are recorded; return
    whether they are.

    `kind` says how (issue, issues, timeline, evidence, export …), `scope` what was asked for; what
    is None in it was not. `position`: how far the ledger went, the safe position if not given.
    `zones` are those that are looked into: the scope's `zone` if not given, every zone without one.
    """
    if not await is_recorded(house, caller, _zones(house, scope) if zones is None else zones):
        return False
    await put_on_record(house, caller, kind, scope, position)
    return True


async def is_recorded(house: House, caller: Principal, zones: Iterable[str]) -> bool:
    """Return whether the caller's reads of these zones are recorded: an auditor by appointment, or
    by a post in one of them."""
    if not LOGGED_FOR.isdisjoint(caller.standings):
        return True
    if caller.person is None:
        return False
    for zone in zones:
        try:
            terms = await terms_in_force(house.desk, zone)
        except UnknownZoneError:
            continue
        if LOGGED_FOR & standings_in(caller, terms.handbook, today_in(house.desk, terms)):
            return True
    return False


async def put_on_record(
    house: House,
    caller: Principal,
    kind: ReadKind,
    scope: Mapping[str, object],
    position: int | None = None,
) -> None:
    """Record a read whoever reads. The auditors' role writes nothing: it goes by the face's own."""
    ledger = house.desk.ledger
    await ledger.put_audit_read(
        AuditReadRow(
            id=str(uuid4()),
            kind=kind,
            scope=_written(scope),
            position=await ledger.safe_position() if position is None else position,
            actor=canonical({"kind": "caller", "name": caller.id}),
            at=to_millisecond(house.desk.clock.now()),
        )
    )


def _zones(house: House, scope: Mapping[str, object]) -> list[str]:
    zone = scope.get("zone")
    return house.desk.shelf.zones if zone is None else [str(zone)]


def _written(scope: Mapping[str, object]) -> str:
    said = {name: value for name, value in scope.items() if value is not None}
    text = canonical(said)
    if len(text) <= SCOPE_CHARACTERS_MAX:
        return text
    return canonical({**TOO_LONG, "zone": str(said.get("zone", ""))})
