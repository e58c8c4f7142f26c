"""Carries events to the addresses of subscriptions: at least once, and each issue's in order."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import structlog

from desk.principals import read_admission
from desk.subscribed import Subscription, acts_of, require_standing
from desk.subscriptions import SubscriptionDesk
from domain.access import horizon
from domain.days import zone_of
from domain.events_out import OutwardEvent, message_id, outward
from domain.model import SHORT_CHARACTERS_MAX, to_millisecond
from domain.webhooks import Carried, Failure, Lane, WebhookStanding
from ledger.port import LedgerError
from runtime.outgoing import Outgoing, RefusedAddressError, Reply, UnreachableError
from runtime.seals import SubjectKeys
from runtime.tracing import working
from runtime.webhook_signing import signed_headers

if TYPE_CHECKING:
    from desk.desk import Desk

log = structlog.get_logger()

PAGE: Final = 500
SENT_AT_ONCE: Final = 8
"""Of how many issues events are sent at the same time to one receiver."""
A_ROUND_MAX: Final = 200
WAITING_MAX: Final = 5000
"""With so many events that wait no more are looked at, until the issues that have failed longest
are laid among the dead letters: the others must not wait for them."""
OK: Final = range(200, 300)
DIGITS_MAX: Final = 9
BEAT_S: Final = 1.0
GONE: Final = 410
CLOSEOUT: Final = {"kind": "engine"}
TEST_TYPE: Final = "closeout.webhook_tested"

Beat = Callable[[], None]


class Courier:
    """Sends what subscriptions ask for. Every step is on record before the next: wherever it is
    stopped, another goes on, and sends at most that again which was under way."""

    def __init__(self, desk: "Desk", keys: SubjectKeys | None, outgoing: Outgoing) -> None:
        self.subscriptions = SubscriptionDesk(desk, keys, outgoing)
        self._ledger = desk.ledger
        self._clock = desk.clock
        self._shelf = desk.shelf
        self._outgoing = outgoing

    async def carry(
        self,
        webhook: str,
        *,
        held: Sequence[str] = (),
        only: str | None = None,
        beat: Beat = lambda: None,
    ) -> Carried:
        """Look what is new and send what waits but for the issues `held`; or `only` what waits of
        one. `beat` is called while it goes on. Raises LedgerError, StackError."""
        found = await self.subscriptions.find(webhook)
        if found.standing is not WebhookStanding.ACTIVE:
            if found.standing is WebhookStanding.REMOVED:
                await self.subscriptions.destroy_key(webhook)
                await self._ledger.forget_delivery(webhook)
            return Carried(standing=found.standing)
        obstacle = await self._obstacle(found)
        if obstacle is not None:
            await self.subscriptions.pause(webhook, by=CLOSEOUT, reason=obstacle)
            return Carried(standing=WebhookStanding.PAUSED)
        keys = self.subscriptions.opened(found)
        more = await self._look(found, held) if only is None else False
        waiting = await self._ledger.pending_events(webhook, stream=only, limit=WAITING_MAX + PAGE)
        lanes: dict[str, list[int]] = {}
        kept_back = set(held)
        for position, stream in waiting:
            if stream not in kept_back:
                lanes.setdefault(stream, []).append(position)
        rounds = _Round(self, found, keys, beat)
        await rounds.run(lanes)
        standing = (await self.subscriptions.find(webhook)).standing
        return Carried(
            standing=standing,
            sent=rounds.sent,
            failed=tuple(rounds.failed),
            more=more or rounds.left,
        )

    async def zones(self) -> list[str]:
        """Return the zones that have a handbook in force."""
        await self._shelf.in_force(self._clock.now())
        return self._shelf.zones

    async def bury(self, webhook: str, lane: Lane) -> int:
        """Give an event up: it and what follows of its issue lie among the dead letters until
        somebody has them sent again. Return how many that are."""
        reason = f"{lane.reason} ({lane.attempts} tries)"
        return await self._bury(webhook, lane.stream, lane.position, reason)

    async def test(self, webhook: str) -> Reply:
        """Send an event that never happened, once, and return what was said to it. Raises
        ConflictError, RefusedAddressError, UnreachableError."""
        found = await self.subscriptions.find(webhook)
        require_standing(found)
        at = to_millisecond(self._clock.now())
        told = OutwardEvent(
            id=f"{found.id}@{int(at.timestamp() * 1000)}",
            type=TEST_TYPE,
            source="urn:closeout",
            subject=found.id,
            zone="test",
            key="test",
            version=1,
            position=0,
            time=at,
            actor=dict(CLOSEOUT),
            data={},
        )
        id_ = f"evt_test_{int(at.timestamp() * 1000)}"
        return await self.send(found, self.subscriptions.opened(found), id_, told)

    async def send(
        self, found: Subscription, keys: Sequence[str], id_: str, told: OutwardEvent
    ) -> Reply:
        """Send one event. Raises RefusedAddressError, UnreachableError."""
        body = told.model_dump_json().encode()
        signed = signed_headers(id_, self._clock.now(), body, keys)
        headers = {"Content-Type": "application/json", **signed}
        return await self._outgoing.post(found.asked.url, body, headers)

    async def deliver(
        self, found: Subscription, keys: Sequence[str], stream: str, position: int
    ) -> Failure | None:
        """Send one recorded event; return why it was not taken."""
        to = found.id
        with working("webhook.send", kind="client", issue=stream, position=position, webhook=to):
            return await self._deliver(found, keys, stream, position)

    async def _deliver(
        self, found: Subscription, keys: Sequence[str], stream: str, position: int
    ) -> Failure | None:
        at_position = await self._ledger.follow(position - 1, 1)
        if not at_position or at_position[0][0] != position:
            raise LedgerError(f"there is no event at position {position} any more")
        record = at_position[0][1]
        try:
            told = outward(position, record)
            reply = await self.send(found, keys, message_id(position, record), told)
        except ValueError:
            return Failure(stream=stream, position=position, reason="the event cannot be read")
        except (RefusedAddressError, UnreachableError) as error:
            said = str(error)[:SHORT_CHARACTERS_MAX]
            return Failure(stream=stream, position=position, reason=said)
        if reply.status in OK:
            await self._ledger.mark_sent(found.id, position)
            return None
        if reply.status == GONE:
            await self.subscriptions.pause(found.id, by=CLOSEOUT, reason="the receiver said 410")
        return Failure(
            stream=stream,
            position=position,
            reason=f"HTTP {reply.status}",
            retry_after_s=_asked_for_s(reply),
        )

    async def _obstacle(self, found: Subscription) -> str | None:
        """Return why nothing may be sent any more: the subscription ended, or its owner was turned
        out or may not have these events sent today. Who was never let in by the ledger (the
        terminal, a provider's token) is judged when they subscribe and renew it."""
        now = self._clock.now()
        if found.ends_at is not None and now >= found.ends_at:
            return "it ended and was not renewed"
        row = await self._ledger.admission(found.owner)
        if row is None:
            return None
        entry = read_admission(*row).entry
        if entry.is_closed:
            return f"{found.owner} was turned out"
        if not entry.is_open(now):
            return f"{found.owner} has expired"
        for zone in found.asked.zones or await self.zones():
            terms = await self._shelf.current(zone, now)
            day = now.astimezone(zone_of(terms.calendar.time_zone)).date()
            for act in acts_of(found.asked):
                if not horizon(entry.principal, act, terms.handbook, day).whole:
                    return f"{found.owner} may not have events of {zone} sent"
        return None

    async def _look(self, found: Subscription, held: Sequence[str]) -> bool:
        """Look at a page of what is new, and have what is wanted of it wait to be sent; return
        whether there may be more."""
        (row, *_) = await self._ledger.deliveries(found.id) or (None,)
        if row is None:
            raise LedgerError(f"how far {found.id} has come is not on record")
        page = await self._ledger.follow(row.position, PAGE)
        if not page or (row.pending >= WAITING_MAX and not await self._park(found.id, held)):
            return False
        wanted = [(position, record.stream) for position, record in page if found.wants(record)]
        at = to_millisecond(self._clock.now())
        moved = await self._ledger.take_events(
            found.id, wanted, after=row.position, upto=page[-1][0], at=at
        )
        return not moved or len(page) == PAGE

    async def _park(self, webhook: str, held: Sequence[str]) -> int:
        """Lay what waits of the issues that have failed longest among the dead letters, until a
        page has room; return how many events that were."""
        waiting = await self._ledger.pending_events(webhook, limit=WAITING_MAX + PAGE)
        failing, first = set(held), dict[str, int]()
        for position, stream in waiting:
            if stream in failing:
                first.setdefault(stream, position)
        parked = 0
        for stream, position in first.items():
            if parked >= PAGE:
                break
            reason = f"{WAITING_MAX} events waited, and this issue failed longest"
            parked += await self._bury(webhook, stream, position, reason)
        return parked

    async def _bury(self, webhook: str, stream: str, position: int, reason: str) -> int:
        buried = await self._ledger.bury_events(
            webhook,
            stream,
            upto=position,
            reason=reason[:SHORT_CHARACTERS_MAX],
            at=to_millisecond(self._clock.now()),
            by="closeout",
        )
        log.warning("webhook_gave_up", webhook=webhook, issue=stream, events=buried)
        return buried


class _Round:
    """One round of sending: several issues at once, the events of each one after the other."""

    def __init__(
        self, courier: Courier, found: Subscription, keys: Sequence[str], beat: Beat
    ) -> None:
        self._courier = courier
        self._found = found
        self._keys = keys
        self._beat = beat
        self._gone = False
        self._begun = 0
        self.sent = 0
        self.failed: list[Failure] = []
        self.left = False

    async def run(self, lanes: dict[str, list[int]]) -> None:
        """Send what waits in each lane, up to the first that fails."""
        waiting = iter(lanes.items())

        async def one_after_the_other() -> None:
            for stream, positions in waiting:
                await self._lane(stream, positions)

        beating = asyncio.create_task(self._beats())
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(SENT_AT_ONCE, len(lanes))):
                    group.create_task(one_after_the_other())
        except* (LedgerError, OSError) as several:
            raise several.exceptions[0] from None
        finally:
            beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beating

    async def _lane(self, stream: str, positions: Sequence[int]) -> None:
        for position in positions:
            if self._gone or self._begun >= A_ROUND_MAX:
                self.left = True
                return
            self._begun += 1
            failure = await self._courier.deliver(self._found, self._keys, stream, position)
            if failure is not None:
                self._gone = self._gone or failure.reason == f"HTTP {GONE}"
                self.failed.append(failure)
                return
            self.sent += 1

    async def _beats(self) -> None:
        while True:
            self._beat()
            await asyncio.sleep(BEAT_S)


def _asked_for_s(reply: Reply) -> int:
    """Return for how many seconds a receiver asked to be left alone; its dates are not read."""
    said = reply.headers.get("retry-after", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) <= DIGITS_MAX else 0
