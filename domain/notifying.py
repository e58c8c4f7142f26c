"""How somebody is told: at once or held back, through which channels, and what becomes of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from domain.days import zone_of
from domain.events import Event
from domain.handbook import Handbook
from domain.notices import applies
from domain.phases import Priority
from domain.policies import QuietHours, StormRule

FINGERPRINT_DIGITS = 16


class ReceiptKind(StrEnum):
    """What is known of a notice in one channel. Each is a fact of its own; none implies another.

    - sent: a server took it over and may still lose it: a mail server's 250.
    - delivered: it is where the addressee reads: a bot's group (code 0), a webhook's receiver
      (2xx), the inbox (its row).
    - read: somebody opened it there. Only the inbox can tell.
    - failed: one attempt came to nothing.
    - held: it waits for the end of quiet hours.
    - bundled: it waits for the end of a storm's window.
    """

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    HELD = "held"
    BUNDLED = "bundled"


ARRIVED = frozenset({ReceiptKind.DELIVERED, ReceiptKind.READ})
"""What shows that a notice came to where its addressee can read it."""
TAKEN = frozenset({ReceiptKind.SENT, ReceiptKind.DELIVERED})
"""What a channel's provider can answer: it is not given the notice again."""
WAITING = frozenset({ReceiptKind.HELD, ReceiptKind.BUNDLED})


@dataclass(frozen=True, slots=True)
class Manner:
    """How a notice is told: `channels` None means all that the addressee has."""

    urgent: bool
    channels: frozenset[str] | None

    def allows(self, channel: str) -> bool:
        """Return whether the notice may go through a channel."""
        return self.channels is None or channel in self.channels


AT_ONCE = Manner(urgent=True, channels=None)


def manner_of(event: Event, priority: Priority, handbook: Handbook) -> Manner:
    """Return how an event is told: of several rules the most urgent, and all their channels."""
    rules = [rule for rule in handbook.notices if applies(rule, event)]
    urgent = priority is Priority.EMERGENCY or any(rule.urgent for rule in rules)
    if not rules or any(not rule.channels for rule in rules):
        return Manner(urgent, None)
    return Manner(urgent, frozenset(name for rule in rules for name in rule.channels))


def quiet_until(quiet: QuietHours | None, time_zone: str, at: datetime) -> datetime | None:
    """Return when the quiet hours that `at` lies in end; None if it lies in none.

    By the clocks on the walls of the zone: where they are put forward over the end, the hours end
    as soon as that time of day is past.
    """
    if quiet is None:
        return None
    local = at.astimezone(zone_of(time_zone))
    now = f"{local:%H:%M}"
    begins, ends = quiet.begins, quiet.ends
    within = begins <= now < ends if begins < ends else now >= begins or now < ends
    if not within:
        return None
    day = local.date() if now < ends else local.date() + timedelta(days=1)
    end_at = datetime.combine(day, time.fromisoformat(ends), tzinfo=local.tzinfo)
    return end_at.astimezone(at.tzinfo)


def storm_until(
    storm: StormRule | None, told_at: Sequence[datetime], at: datetime
) -> datetime | None:
    """Return when a message to an address that was sent others at `told_at` may go; None: now.

    The window begins with the first message that still counts.
    """
    if storm is None:
        return None
    window = timedelta(minutes=storm.window_minutes)
    counted = [each for each in told_at if at - window < each <= at]
    return None if len(counted) < storm.threshold else min(counted) + window


def is_on_record(tries: int, *, is_new_answer: bool) -> bool:
    """Return whether a try that failed and is to be followed by another has a row of its own: each
    that was answered otherwise than the one before, and the 1st, 2nd, 4th, 8th and so on."""
    return is_new_answer or tries & (tries - 1) == 0


def fingerprint(kind: str, address: str) -> str:
    """Return what stands for an inbox or its reader in receipts: the same for the same, and no way
    back for whoever cannot guess it. Not for mailboxes, which can be guessed: they need a key."""
    return hashlib.sha256(f"{kind}\n{address}".encode()).hexdigest()[:FINGERPRINT_DIGITS]
