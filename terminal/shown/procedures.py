"""What an issue's rounds, links and forms come to, as lines of its page."""

from collections.abc import Iterator

from rich.text import Text

from domain.forms import ItemStanding
from domain.kin import Tie
from domain.phases import LinkType
from domain.view import IssueView
from terminal.shown.frames import SECOND, inline
from terminal.shown.words import word

Fact = tuple[str, str | Text | None]
SHOWN_MAX = 8
"""Of more issues than that the first are named and the rest counted."""


def procedure_facts(view: IssueView) -> Iterator[Fact]:
    """Yield what is to be said of an issue beyond its ordinary course."""
    yield "report", view.report_id
    yield from _links(view)
    if view.team_wanted:
        yield "team", Text("须先联办 a joint team must work before the next proposal", "yellow")
    if view.round is not None:
        yield "round", _round(view)
    if view.decisions_open:
        refs = ", ".join(f"{each.meeting}.{each.decision}" for each in view.decisions_open)
        yield "decisions", Text(f"会议决定未落实 no command yet for {refs}", "yellow")
    if view.rectification is not None:
        yield "rectify", "; ".join(view.rectification.items)
    if view.application is not None:
        yield "application", _application(view)
    said = [f"{each.draw} {each.answer or 'not called yet'}" for each in view.callbacks]
    yield "callbacks", ", ".join(said) or None


def _links(view: IssueView) -> Iterator[Fact]:
    children = [tie for tie in view.ties if tie.type is LinkType.PART_OF and tie.incoming]
    owing = [tie.other for tie in children if tie.open is not False]
    if children:
        done = f"{len(children) - len(owing)} of {len(children)} closed"
        yield "children", f"{done}; waits for {_few(owing)}" if owing else done
    others = [tie for tie in view.ties if tie not in children]
    if others:
        yield "links", Text("; ").join([_tie(tie) for tie in others[:SHOWN_MAX]])


def _tie(tie: Tie) -> Text:
    said = inline(word(tie.type))
    arrow = "← " if tie.incoming else ""
    state = "" if tie.outcome is None else f" ({tie.outcome})"
    return Text.assemble(arrow, said, f" {tie.other}{state}")


def _few(keys: list[str]) -> str:
    more = f" and {len(keys) - SHOWN_MAX} more" if len(keys) > SHOWN_MAX else ""
    return ", ".join(keys[:SHOWN_MAX]) + more


def _round(view: IssueView) -> Text:
    asked = view.round
    if asked is None:
        return Text("")
    text = Text.assemble(inline(word(asked.subject)), f", number {asked.number}: ")
    if asked.outcome is not None:
        return text.append_text(inline(word(asked.outcome)))
    if asked.decider is not None:
        return text.append(f"too few may vote; {asked.decider} settles it", "yellow")
    voted = len({cast.person for cast in asked.votes})
    return text.append(f"{voted} of {len(asked.electors)} have voted", "yellow")


def _application(view: IssueView) -> Text:
    form = view.application
    if form is None:
        return Text("")
    met = sum(item.standing is ItemStanding.MET for item in form.items)
    text = Text(f"{form.form}, {met} of {len(form.items)} met, {len(form.signatures)} signed")
    if form.batch is not None:
        text.append(f", batch {form.batch}")
    if form.approved_at is not None:
        return text.append("  通过 approved", "green")
    return text.append("  不通过 refused", "yellow") if form.refused else text.append("", SECOND)
