"""What an audit of the timers found: counts that add up, how late rungs were, what is missing."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from audit.clocks import BOUNDS_MS, Lateness, RungFinding, TimerAudit
from audit.notified import NotifiedAudit
from domain.model import written
from terminal.shown.findings import SHOWN_MAX, many, mark, rest
from terminal.shown.frames import Sheet, facts, kept, wrapped
from terminal.shown.times import length

FATES = {
    "fired": "fired",
    "withdrawn": "withdrawn: their clock ended before they were due",
    "superseded": "superseded: a change of target or a later repeat took their place",
    "paused": "waiting with a clock that is paused",
    "to_come": "still to come",
    "in_flight": "due, and their ring may be on its way",
    "unaccounted": "UNACCOUNTED",
}
PERCENTILES = ("p50", "p99", "max")


def plain(audited: TimerAudit, notified: NotifiedAudit) -> dict[str, object]:
    """Return all of it for a machine: lengths in milliseconds."""
    return {
        "sound": audited.is_sound,
        "now": written(audited.now),
        "grace_seconds": audited.grace.total_seconds(),
        "told_within_seconds": audited.tell_within.total_seconds(),
        "streams": audited.streams,
        "events": audited.events,
        "cycles": audited.cycles,
        "promised": audited.promised,
        "fates": audited.fates,
        "late_by_us": audited.late_by_us,
        "untold": audited.untold,
        "lateness": {"fired": _plain(audited.fired), "effect_done": _plain(audited.told)},
        "findings": audited.found,
        "notified": {
            "breaches": notified.breaches,
            "by_inbox_only": notified.by_inbox_only,
            "unnotified": notified.unnotified_count,
            "named": notified.unnotified,
            "held_back": notified.held_back,
        },
    }


def _plain(lateness: Lateness) -> dict[str, object]:
    bounds = [f"le_{bound}" for bound in BOUNDS_MS] + ["beyond"]
    return {
        "count": lateness.count,
        "buckets": dict(zip(bounds, lateness.buckets, strict=True)),
        "p50_ms": lateness.p50_ms,
        "p99_ms": lateness.p99_ms,
        "max_ms": lateness.max_ms,
    }


def timer_audit(audited: TimerAudit, notified: NotifiedAudit) -> RenderableType:
    """Return the totals, the lateness, and each thing that does not add up."""
    looked = f"{many(audited.streams, 'issue')}, {many(audited.cycles, 'clock cycle')}, "
    looked += f"{many(audited.promised, 'rung')} promised: "
    said = (
        "no due rung unaccounted for" if audited.is_sound else many(len(audited.found), "finding")
    )
    parts: list[RenderableType] = [
        mark(looked + said, f"\n  as of {written(audited.now)}", sound=audited.is_sound),
        facts(
            (f"{audited.fates[fate]:>9,}", told)
            for fate, told in FATES.items()
            if audited.fates[fate]
        ),
    ]
    if audited.fired.count:
        parts += [Text(), _lateness(audited)]
        style = "yellow" if audited.late_by_us else ""
        parts.append(Text(f"marked late by us: {audited.late_by_us:,}", style))
    if audited.found:
        parts += [Text(), _findings(audited.found), rest(len(audited.found))]
    if notified.held_back:
        held = f"{many(notified.held_back, 'notice')} of rungs lay in the inbox at once; other"
        parts += [Text(), Text(f"{held} channels waited until quiet hours or a storm had ended")]
    if notified.breaches:
        parts += [Text(), *_notified(notified)]
    return Group(*parts)


def _notified(notified: NotifiedAudit) -> Iterator[RenderableType]:
    said = f"{many(notified.breaches, 'deadline')} passed; of {notified.unnotified_count:,} "
    said += "nothing shows that their holder knew in time"
    if notified.by_inbox_only:
        said += f", of {notified.by_inbox_only:,} the inbox alone does"
    yield Text(said, "yellow" if notified.unnotified_count else "")
    if notified.unnotified:
        sheet = Sheet((kept("Issue"), kept("Unnotified"), kept("Due"), wrapped("Holder")))
        for each in notified.unnotified[:SHOWN_MAX]:
            holder = f"{each.holder.kind} {each.holder.id}"
            late = f", told too late: {len(each.notices)}" if each.notices else ""
            clock = f"{each.clock}/{each.cycle}"
            sheet.add(each.stream, clock, written(each.due_at), holder + late)
        yield sheet
        yield rest(notified.unnotified_count)


def _lateness(audited: TimerAudit) -> Sheet:
    sheet = Sheet(
        (kept("Late by"), kept("Due → fired", right=True), kept("Due → in inboxes", right=True))
    )
    fired, told = audited.fired, audited.told
    bounds = [f"≤ {length(bound)}" for bound in BOUNDS_MS]
    bounds.append(f"> {length(BOUNDS_MS[-1])}")
    for bound, first, second in zip(bounds, fired.buckets, told.buckets, strict=True):
        sheet.add(bound, f"{first:,}", f"{second:,}")
    for name in PERCENTILES:
        sheet.add(name, _ms(getattr(fired, f"{name}_ms")), _ms(getattr(told, f"{name}_ms")))
    return sheet


def _findings(found: tuple[RungFinding, ...]) -> Sheet:
    sheet = Sheet((kept("Issue"), kept("Rung"), kept("Event"), kept("Kind"), wrapped("Finding")))
    for each in found[:SHOWN_MAX]:
        event = "—" if each.version is None else str(each.version)
        sheet.add(each.stream, _rung(each), event, each.kind, each.message)
    return sheet


def _rung(found: RungFinding) -> str:
    return "—" if found.clock is None else f"{found.clock}/{found.cycle}/{found.rung}"


def _ms(ms: int | None) -> str:
    return "—" if ms is None else length(ms)
