"""The contact board of an enterprise (公示牌), and the list of enterprises."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from desk.handbook_versions import Version
from domain.board import Board, BoardPost, BoardTier
from domain.registry import Registered
from terminal.shown.frames import SECOND, Column, Sheet, facts, inline, kept, wrapped


def board_plain(board: Board, version: Version, note: str | None) -> dict[str, object]:
    """Return a board, with the handbook that it stands by."""
    return {**board.model_dump(mode="json"), "version": version.name, "note": note}


def board_shown(board: Board, version: Version, note: str | None) -> RenderableType:
    """Return a board as it would be put up."""
    place = Text.assemble(inline(board.grid.name), "  ·  ", inline(board.area.name))
    lists = ", ".join(f"{each.id}@{each.revision}" for each in board.lists)
    head = facts(
        (
            ("  at", f"{board.local:%Y-%m-%d %H:%M} ({board.local.tzinfo})"),
            ("  grid", place),
            ("  segment", None if board.segment is None else inline(board.segment.name)),
            ("  lists", lists or None),
            ("  by", f"{version.name}, revision {board.revision}"),
        )
    )
    tiers = Sheet((kept("Tier"), Column("Level"), kept("Post"), Column("Name"), wrapped("People")))
    for tier in board.tiers:
        if tier.accountable is None:
            tiers.add(str(tier.level), inline(tier.name), "—")
        else:
            _row(tiers, str(tier.level), inline(tier.name), tier.accountable)
        for other in tier.others:
            _row(tiers, "", Text("also", SECOND), other)
    parts: list[RenderableType] = [
        Text.assemble((board.enterprise.id, "bold"), "  ", inline(board.enterprise.name)),
        *([] if note is None else [Text(f"  {note}", "yellow")]),
        head,
        Text(""),
        tiers,
    ]
    parts += [Text(said, "yellow") for said in _passed(board)]
    others = Sheet((kept("Also"), kept("Post"), Column("Name"), wrapped("People")))
    for label, post in _others(board):
        others.add(label, post.post, inline(post.name), _people(post))
    if board.answerable is not None and board.answerable.enterprise is not None:
        others.add("accountable: enterprise", "", "", board.answerable.enterprise)
    if others.rows:
        parts += [Text(""), others]
    return Group(*parts)


def enterprise_plain(found: Registered) -> dict[str, object]:
    """Return an enterprise with where it belongs."""
    own = found.enterprise.model_dump(mode="json")
    return own | found.model_dump(mode="json", exclude={"enterprise"})


def enterprise_list(found: Sequence[Registered], note: str | None) -> RenderableType:
    """Return enterprises, a line each."""
    if not found:
        return Text("No enterprise fits.")
    sheet = Sheet(
        (
            *(kept("Zone"), kept("Enterprise"), Column("Name"), Column("Grid"), Column("Segment")),
            *(Column("Lists"), Column("First owner")),
        )
    )
    zone = ""
    for each in found:
        own = each.enterprise
        sheet.add(
            each.zone if each.zone != zone else "",
            own.id,
            inline(own.name),
            own.grid,
            own.segment or "—",
            ", ".join(each.lists) or "—",
            each.first_owner or "—",
        )
        zone = each.zone
    told = Text("`closeout board ENTERPRISE` shows who is responsible for one.", SECOND)
    return Group(sheet, told, *([] if note is None else [Text(note, "yellow")]))


def _row(sheet: Sheet, level: str, name: Text, post: BoardPost) -> None:
    sheet.add(level, name, post.post, inline(post.name), _people(post))


def _people(post: BoardPost) -> Text:
    """Return who is on duty, and behind them who else holds the post or acts for a holder."""
    if not post.people:
        return Text("vacant", "yellow")
    text = Text(", ".join(post.on_duty)) if post.on_duty else Text("nobody on duty", "yellow")
    off = [person for person in post.people if person not in post.on_duty]
    if off:
        text.append(f"\noff duty: {', '.join(off)}", SECOND)
    for each in post.deputies:
        what = f" ({', '.join(each.commands)})" if each.commands else ""
        text.append(f"\n{each.person} for {each.acts_for}{what}", SECOND)
    return text


def _passed(board: Board) -> Iterator[str]:
    """Say where a level would not be taken by its own post."""
    for tier in board.tiers:
        own = None if tier.accountable is None else tier.accountable.post
        if tier.held:
            yield f"Tier {tier.level}: nobody is there; what comes now waits at {tier.takes}."
        elif tier.takes != own:
            yield f"Tier {tier.level}: what comes now goes to {_taker(tier)}."


def _taker(tier: BoardTier) -> str:
    up = "" if tier.takes_at_tier == tier.level else f", at tier {tier.takes_at_tier}"
    return f"{tier.takes}{up}"


def _others(board: Board) -> Iterator[tuple[str, BoardPost]]:
    for post in board.coordinators:
        yield "coordinator", post
    for post in board.sponsors:
        yield "sponsor", post
    if board.answerable is not None:
        if board.answerable.administrative is not None:
            yield "accountable: administrative", board.answerable.administrative
        if board.answerable.sector is not None:
            yield "accountable: sector", board.answerable.sector
