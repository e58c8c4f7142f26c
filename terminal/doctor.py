"""`closeout doctor`: whether everything that the promises rest on is in place."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from runtime.errors import StackError
from terminal.session import Session

if TYPE_CHECKING:
    from terminal.checks import Check

FAILED = 1


async def doctor(session: Session) -> int:
    """Check settings, PostgreSQL, Temporal, worker and relay. Exit code 1 if anything fails."""
    from terminal import checks, checks_of_channels, checks_of_roles, checks_of_temporal
    from terminal.checks import Check, Grade
    from terminal.checks_of_watching import watching
    from terminal.shown.checkup import checkup

    found: list[Check] = [checks.versions()]
    try:
        place = session.place
    except StackError as error:
        found.append(Check("settings", Grade.FAIL, str(error)))
    else:
        found.append(Check("settings", Grade.OK, place.told))
        found += await _guarded("handbooks", lambda: checks.handbooks(place.settings))
        found += await _guarded("postgresql", lambda: checks.postgresql(place.settings))
        found += await _guarded("roles", lambda: checks_of_roles.roles(place.settings))
        found += await _guarded("ledger", lambda: _ledger(session))
        found += await _guarded("channels", lambda: checks_of_channels.channels(session.settings))
        queue = place.settings.task_queue
        found += await _guarded(
            "temporal", lambda: checks_of_temporal.temporal(session.client, queue)
        )
        found += await _guarded("metrics", lambda: watching(place.settings))
    found += await _guarded("identity", lambda: _faces(session))
    sound = all(check.grade is not Grade.FAIL for check in found)
    session.out.answer({"sound": sound, "checks": found}, lambda: checkup(found))
    return 0 if sound else FAILED


async def _ledger(session: Session) -> "list[Check]":
    from terminal import checks
    from terminal.checks_of_attachments import attachments
    from terminal.checks_of_channels import held_back
    from terminal.checks_of_keys import subject_keys
    from terminal.checks_of_log import log_checks
    from terminal.checks_of_webhooks import webhooks

    async with session.desk(reading=True) as desk:
        return [
            *await checks.work_in_hand(desk),
            await held_back(desk),
            *await webhooks(desk),
            *await log_checks(desk, session.place.settings),
            await subject_keys(desk),
            await attachments(desk, session.place.settings),
        ]


async def _faces(session: Session) -> "list[Check]":
    from terminal.checks_of_faces import identity, payloads
    from terminal.faces import settings_of

    settings = settings_of(session)
    return [identity(settings), payloads(settings)]


async def _guarded(what: str, look: "Callable[[], Awaitable[list[Check]]]") -> "list[Check]":
    """Turn what cannot be looked at into a failed check; the others are looked at all the same."""
    from handbooks.shelf import HandbookError
    from ledger.port import LedgerError
    from terminal.checks import Check, Grade

    try:
        return await look()
    except (StackError, LedgerError, HandbookError, TimeoutError) as error:
        return [Check(what, Grade.FAIL, str(error) or "no answer in time")]
