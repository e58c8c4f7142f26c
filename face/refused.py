"""What the face itself refuses to callers whom it knows, kept where auditors find it. Refusals of
commands the desk keeps; these come before any desk: another's issue, a post not held, a forgery."""

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import structlog
from fastapi import Request

from desk.sign_ins import OpenSession
from domain.access import PUBLIC, Principal
from domain.canonical import canonical
from domain.errors import IssueError, NotPermittedError
from domain.issue import stream_name
from domain.matters.matter import matter_stream
from domain.model import CODE_PATTERN, COMMAND_ID_PATTERN, KEY_PATTERN, to_millisecond
from domain.orders import order_stream
from face.acting_on import ASKED, Asked
from face.preconditions import named_in
from ledger.port import LedgerError, Refusal
from ledger.refusals import Refusals

log = structlog.get_logger()

KEPT_PER_MINUTE: Final = 20
"""Of one caller in one process. Further ones are counted, and the count kept in one row."""
MINUTE_S: Final = 60.0
CALLERS_MAX: Final = 10_000
MESSAGE_CHARACTERS_MAX: Final = 500
FACE: Final = "face//"
"""What is about no issue and no order is kept under this and the act: a zone has a name, so that no
issue's stream begins so."""
COUNTED: Final = f"{FACE}counted"
NO_ACT: Final = "call"

_CODE: Final = re.compile(CODE_PATTERN)
_KEY: Final = re.compile(KEY_PATTERN)
_COMMAND_ID: Final = re.compile(COMMAND_ID_PATTERN)
_STREAMS: Final = {
    "/v1/issues/{zone}/{key}": stream_name,
    "/v1/orders/{zone}/{key}": order_stream,
    "/v1/zones/{zone}/matters/{key}": matter_stream,
}


@dataclass(slots=True)
class _Minute:
    ends_at_s: float
    """Monotonic seconds."""
    kept: int = 0
    more: int = 0
    last: Refusal | None = None


class Refused:
    """Keeps so many refusals of each caller in a minute, and counts the rest: whoever is refused in
    a flood fills no table. A count is kept when its minute is over and anybody is refused again, or
    at `close`."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._minutes: OrderedDict[str, _Minute] = OrderedDict()

    async def keep(self, ledger: Refusals, refusal: Refusal) -> None:
        """Keep a refusal, or count it."""
        now = self._now()
        due = self._over(now)
        minute = self._minutes.setdefault(refusal.actor, _Minute(now + MINUTE_S))
        if minute.kept < KEPT_PER_MINUTE:
            minute.kept += 1
            due.append(refusal)
        else:
            minute.more += 1
            minute.last = refusal
        await _put(ledger, due)

    async def close(self, ledger: Refusals) -> None:
        """Keep what was counted and not kept yet."""
        await _put(ledger, self._over(float("inf")))

    def _over(self, now: float) -> list[Refusal]:
        """Return the counts of minutes that are over. They begin in order, and end so."""
        found = []
        while self._minutes:
            caller, minute = next(iter(self._minutes.items()))
            if minute.ends_at_s > now and len(self._minutes) < CALLERS_MAX:
                break
            del self._minutes[caller]
            if minute.last is not None:
                found.append(_counted(minute.last, minute.more))
        return found


async def keep_refusal(request: Request, error: Exception) -> None:
    """Keep the refusal that a request ends with, if the caller is known: what they may not do, and
    what is there but not for them. The answer does not hang on it."""
    caller = _caller(request)
    if caller is None or not isinstance(error, IssueError) or error.is_kept:
        return
    stream = _hidden(error)
    if stream is None and not isinstance(error, NotPermittedError):
        return
    method, route = request.method.lower(), getattr(request.state, "route", "")
    kind = _act("get" if method == "head" else method, route, error)
    house = request.app.state.house
    entry = Refusal(
        command_id=_command_id(request),
        stream=stream or _stream(request, route) or f"{FACE}{kind}",
        kind=kind,
        at=to_millisecond(house.desk.clock.now()),
        actor=canonical({"kind": "caller", "name": caller.id}),
        code=error.code,
        message=str(error)[:MESSAGE_CHARACTERS_MAX],
    )
    error.is_kept = True
    await house.refused.keep(house.desk.ledger, entry)


def _caller(request: Request) -> Principal | None:
    """Return whom the face knows; by the session alone where its token was missing."""
    caller: Principal | None = getattr(request.state, "principal", None)
    session: OpenSession | None = getattr(request.state, "session", None)
    if caller is None and session is not None:
        caller = session.principal
    return None if caller is None or caller.id == PUBLIC.id else caller


def _hidden(error: IssueError) -> str | None:
    """Return what a refusal is about, also where it was told again in other words."""
    cause = error.__cause__
    return error.stream or (cause.stream if isinstance(cause, IssueError) else None)


def _act(method: str, route: str, error: IssueError) -> str:
    asked = ASKED.get((method, route))
    if not isinstance(asked, Asked):
        return NO_ACT
    acts = sorted(act.value for act in asked.acts)
    return error.value if error.field == "act" and error.value in acts else acts[0]


def _stream(request: Request, route: str) -> str | None:
    """Return the stream that the address names. Who was refused early on may have sent anything."""
    zone, key = (str(request.path_params.get(name, "")) for name in ("zone", "key"))
    if not (_CODE.fullmatch(zone) and _KEY.fullmatch(key)):
        return None
    of = next((of for prefix, of in _STREAMS.items() if route.startswith(prefix)), None)
    return None if of is None else of(zone, key)


def _command_id(request: Request) -> str:
    """Return the id that the command was sent under, or else the request's own name."""
    named = named_in(request.headers.get("Idempotency-Key", ""))
    if _COMMAND_ID.fullmatch(named):
        return named
    return f"request:{getattr(request.state, 'request_id', '')}"


def _counted(last: Refusal, more: int) -> Refusal:
    message = f"{more} more refusals of this caller within a minute, the last: {last.message}"
    return replace(last, stream=COUNTED, message=message[:MESSAGE_CHARACTERS_MAX])


async def _put(ledger: Refusals, refusals: list[Refusal]) -> None:
    for each in refusals:
        try:
            await ledger.put_refusal(each)
        except LedgerError as error:
            log.warning("refusal_not_kept", command=each.command_id, error=str(error))
