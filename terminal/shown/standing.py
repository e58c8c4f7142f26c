"""Who is at an issue's level, and what takes it out of its ordinary course."""

from collections.abc import Iterator

from rich.text import Text

from domain.issue import Dispatch, Instruction
from domain.view import IssueView
from terminal.shown.frames import SECOND, inline
from terminal.shown.names import Names
from terminal.shown.times import local

Fact = tuple[str, str | Text | None]


def standing_facts(view: IssueView, names: Names) -> Iterator[Fact]:
    """Yield each of these facts that there is to tell."""
    if view.level is not None:
        yield "at the level", _level(view, names)
    if view.dispatch is not None:
        yield "dispatch", _dispatch(view.dispatch, names)
    for each in view.instructions:
        if view.at < each.expires_at:
            yield "instruction", _instruction(each, names)
    if view.incident is not None:
        text = Text.assemble((view.incident.id, "bold"), "  ")
        text.append_text(inline(names.stage(view.incident.stage)))
        ended_at = view.incident.ended_at
        ended = "" if ended_at is None else f"  ended {local(ended_at, names.time_zone)}"
        yield "incident", text.append(ended, SECOND)
    if view.parking is not None:
        yield "parked", _parking(view, names)


def _level(view: IssueView, names: Names) -> Text:
    level = view.level
    if level is None:
        return Text("")
    text = Text(", ".join(level.people) or "无人 nobody", "" if level.people else "yellow")
    if level.roster is not None:
        text.append(f"  by roster {level.roster}", SECOND)
    if level.acknowledged_at is not None:
        signed = f"  签收 acknowledged {local(level.acknowledged_at, names.time_zone)}"
        by = "" if level.acknowledged_by is None else f" by {level.acknowledged_by}"
        text.append(f"{signed}{by}")
    if level.reopened:
        text.append(f"  nothing came of it {level.reopened} times", "yellow")
    return text


def _dispatch(sent: Dispatch, names: Names) -> Text:
    text = inline(names.unit(sent.unit)).append(f"  {sent.unit}", SECOND)
    if sent.arbiter is not None:
        text.append("  退单待裁定 refused, waits for ", "yellow")
        return text.append_text(inline(names.post(sent.arbiter)))
    if sent.bound:
        return text.append("  不得再退 binding", SECOND)
    return text.append(f"  since {local(sent.sent_at, names.time_zone)}", SECOND)


def _instruction(given: Instruction, names: Names) -> Text:
    scope = [f"handler {given.handler}"] if given.handler is not None else []
    scope += ["holds the tier"] if given.holds_tier else []
    scope += ["no waiting"] if given.no_wait else []
    text = Text(f"number {given.number}, by ").append_text(inline(names.tier(given.tier)))
    text.append(f": {', '.join(scope)}" if scope else "")
    return text.append(f"  until {local(given.expires_at, names.time_zone)}", SECOND)


def _parking(view: IssueView, names: Names) -> Text:
    parking, rule = view.parking, names.handbook.parking
    if parking is None:
        return Text("")
    review = next((c for c in view.clocks if rule is not None and c.id == rule.review), None)
    text = Text(f"since {local(parking.since_at, names.time_zone)}")
    if review is not None and review.due_at is not None:
        text.append(f", review {local(review.due_at, names.time_zone)}")
    by = "" if parking.approved_by is None else f"  approved by {parking.approved_by}"
    return text.append(by, SECOND).append(f"\n{parking.reason}")
