"""How sign-offs ended: each outcome's share of what, and the definitions of all of it."""

from datetime import date

from rich.console import Group, RenderableType
from rich.text import Text

from audit.sign_offs import DEFINITIONS, SIGNED, SignOffs, Tally
from desk.answer_links import Issued
from domain.model import written
from domain.phases import SignOffOutcome
from terminal.shown.frames import SECOND, Sheet, facts, inline, kept
from terminal.shown.times import local
from terminal.shown.words import word

COLUMNS = ("close_outs", "cycles", "issues")


def sign_offs_plain(
    found: SignOffs, zone: str | None, from_on: date | None, to_on: date | None
) -> dict[str, object]:
    """Return it for a machine. A share of nothing is null."""
    return {
        "zone": zone,
        "from": from_on,
        "to": to_on,
        "streams": found.streams,
        **{name: _tally_plain(getattr(found, name)) for name in COLUMNS},
        "by_review": {"count": found.by_review, "of": found.close_outs.of},
        "rejections": {"count": found.rejections, "of_answers": found.answers},
        "by_link": {"count": found.by_link, "of_answers": found.answers},
        "satisfaction": {
            "mean": None if found.satisfaction is None else round(found.satisfaction, 2),
            "n": found.satisfied_by,
            "of_answers": found.answers,
            "figures": {str(each): found.figures[each] for each in range(1, 6)},
        },
        "definitions": DEFINITIONS,
    }


def _tally_plain(tally: Tally) -> dict[str, object]:
    return {
        "outcomes": [
            {"outcome": each, "count": tally.counts[each], "of": tally.of}
            | {"percent": _percent(tally.counts[each], tally.of)}
            for each in SIGNED
        ],
        "of": tally.of,
        "inspected": {"count": tally.inspected, "of": tally.of + tally.inspected},
    }


def sign_offs_shown(
    found: SignOffs, zone: str | None, from_on: date | None, to_on: date | None
) -> RenderableType:
    """Return it for people."""
    span = f"{from_on or 'the first day'} to {to_on or 'today'}"
    head = Text(f"签收结果 sign-offs of {zone or 'all zones'}, {span}", "bold")
    sheet = Sheet(
        (
            kept("Outcome"),
            kept("Close-outs", right=True),
            kept("First of a cycle", right=True),
            kept("First of an issue", right=True),
        )
    )
    tallies = [getattr(found, name) for name in COLUMNS]
    for each in SIGNED:
        shares = (_share(tally.counts[each], tally.of) for tally in tallies)
        sheet.add(inline(word(each)), *shares)
    apart = (f"{t.inspected} of {t.of + t.inspected}" for t in tallies)
    sheet.add(inline(word(SignOffOutcome.INSPECTED)).append(", apart", SECOND), *apart)
    mean = "nobody gave a figure" if found.satisfaction is None else f"{found.satisfaction:.2f}"
    rest = facts(
        (
            ("closed by review", _share(found.by_review, found.close_outs.of)),
            ("rejections", f"{found.rejections} of {found.answers} answers"),
            ("by link", f"{found.by_link} of {found.answers} answers"),
            (
                "satisfaction",
                f"{mean} (n = {found.satisfied_by} of {found.answers} explicit answers)",
            ),
            ("issues read", f"{found.streams:,}"),
        )
    )
    said = facts((name, Text(text, SECOND)) for name, text in DEFINITIONS.items())
    return Group(head, sheet, Text(), rest, Text(), said)


def link_plain(made: Issued) -> dict[str, object]:
    """Return a link that was made, for a machine."""
    return {
        "link": made.event.link,
        "round": made.event.round,
        "person": made.event.person,
        "expires_at": written(made.event.expires_at),
        "token": made.token,
        "result": made.result,
    }


def link_shown(made: Issued, time_zone: str) -> RenderableType:
    """Return a link that was made, without its token, which stands alone on the last line."""
    return facts(
        (
            ("link", f"{made.event.link}, for {made.event.person}, for one answer"),
            ("expires", local(made.event.expires_at, time_zone)),
            ("use", "`closeout signoff answer - --accept`, or --reject TEXT"),
        )
    )


def _share(count: int, of: int) -> str:
    percent = _percent(count, of)
    return f"{count} of {of}" if percent is None else f"{count} of {of}  {percent:5.1f} %"


def _percent(count: int, of: int) -> float | None:
    return round(100 * count / of, 1) if of else None
