"""Handbooks that were or would be published, and what hangs on them."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from desk.handbook_versions import Version, ZoneVersions
from desk.handbooks import Foreseen, PostChange, handbook_name
from domain.handbook_diff import differences
from domain.model import written
from ledger.publications import HandbookPublicationRow
from terminal.shown.findings import many
from terminal.shown.frames import SECOND, Sheet, facts, kept, wrapped
from terminal.shown.handbook_differences import difference_plain
from terminal.shown.times import local

HASH_SHOWN = 12
NEVER_BACK = "the shipped revision is later, and not in force: publish it with --from"


Listed = tuple[ZoneVersions, Mapping[str, int] | None]
"""A zone's versions, and its open issues by handbook; None where there is no ledger to ask."""


def foreseen_plain(found: Foreseen) -> dict[str, object]:
    """Return what a publication would do."""
    book = found.terms.handbook
    old = None if found.present is None else found.present.terms.handbook
    return {
        "zone": book.zone,
        "revision": book.revision,
        "handbook": book.hash,
        "terms": found.terms.hash,
        "previous": None if old is None else old.hash,
        "calendars": [{"id": each.id, "hash": each.hash} for each in found.calendars],
        "posts": [
            {
                "post": each.post,
                "before": each.before,
                "after": each.after,
                "open_issues": each.open_issues,
            }
            for each in found.posts
        ],
        "differences": [] if old is None else _differences(found),
        "open_elsewhere": found.open_elsewhere,
        "do": _do(found),
    }


def foreseen(found: Foreseen) -> RenderableType:
    """Return what a publication would do, for people."""
    book = found.terms.handbook
    head = f"{book.zone} revision {book.revision} could be published"
    return Group(
        Text.assemble(("✓ ", "green"), (head, "bold")),
        *_effects(found),
        Text("Nothing was written.", SECOND),
    )


def published_plain(row: HandbookPublicationRow, found: Foreseen) -> dict[str, object]:
    """Return a publication and what it did."""
    return {
        "publication": handbook_name(row),
        **foreseen_plain(found),
        "at": written(row.at),
        "author": row.author,
        "approver": row.approver,
        "reason": row.reason,
    }


def published(row: HandbookPublicationRow, found: Foreseen) -> RenderableType:
    """Return what came into force, for people."""
    head = f"{row.zone} revision {found.terms.handbook.revision} is in force"
    return Group(
        Text.assemble(("✓ ", "green"), (head, "bold"), (f"  {handbook_name(row)}", SECOND)),
        facts(
            (
                ("  handbook", row.hash),
                ("  before", row.previous or "none: the zone is new"),
                ("  by", f"{row.author}, approved by {row.approver}"),
            )
        ),
        *_effects(found),
    )


def version_list_plain(found: Sequence[Listed], note: str | None) -> dict[str, object]:
    """Return every version of every zone."""
    return {
        "zones": [
            {
                "zone": each.zone,
                "in_force": None if each.in_force is None else each.in_force.name,
                "shipped": None
                if each.shipped is None
                else _version_plain(each, each.shipped, counts),
                "published": [_version_plain(each, own, counts) for own in each.published],
                "unreadable": [handbook_name(row) for row in each.unreadable],
                "shipped_is_later_and_not_in_force": each.shipped_waits,
            }
            for each, counts in found
        ],
        "note": note,
    }


def version_list(found: Sequence[Listed], note: str | None) -> RenderableType:
    """Return the versions, a line each; the one in force is marked."""
    sheet = Sheet(
        (
            *(kept("Zone"), kept("Version"), kept("Revision", right=True), kept("Handbook")),
            *(kept("Open", right=True), wrapped("")),
        )
    )
    for each, counts in found:
        zone = each.zone
        for version in [*([each.shipped] if each.shipped else []), *each.published]:
            now = each.in_force is version
            count = _count(version, counts)
            sheet.add(
                zone,
                Text(version.name, "bold" if now else ""),
                str(version.handbook.revision),
                version.handbook.hash[:HASH_SHOWN],
                "—" if count is None else f"{count:,}",
                _told(each, version, in_force=now),
            )
            zone = ""
        for row in each.unreadable:
            unread = Text("this program cannot read it: use the newer one", "yellow")
            sheet.add(zone, handbook_name(row), "", row.hash[:HASH_SHOWN], "", unread)
            zone = ""
    told = "Open: open issues that are judged by it. Times are in UTC."
    parts: list[RenderableType] = [sheet, Text(told, SECOND)]
    return Group(*parts, *([] if note is None else [Text(note, "yellow")]))


def _told(zone: ZoneVersions, version: Version, *, in_force: bool) -> Text:
    text = Text("in force", "green") if in_force else Text()
    row = version.publication
    if row is not None:
        said = f"{local(row.at, 'UTC')}  {row.reason}\n{row.author}, approved by {row.approver}"
        text.append(f"{'  ' if in_force else ''}{said}", SECOND)
    elif zone.shipped_waits:
        text.append(NEVER_BACK, "yellow")
    return text


def _version_plain(
    zone: ZoneVersions, version: Version, counts: Mapping[str, int] | None
) -> dict[str, object]:
    row = version.publication
    plain: dict[str, object] = {
        "version": version.name,
        "revision": version.handbook.revision,
        "handbook": version.handbook.hash,
        "in_force": zone.in_force is version,
        "open_issues": _count(version, counts),
    }
    if row is None:
        return plain
    return plain | {
        "previous": row.previous,
        "at": written(row.at),
        "author": row.author,
        "approver": row.approver,
        "reason": row.reason,
    }


def _count(version: Version, counts: Mapping[str, int] | None) -> int | None:
    return None if counts is None else counts.get(version.handbook.hash, 0)


def _effects(found: Foreseen) -> Iterator[RenderableType]:
    for calendar in found.calendars:
        yield Text(f"  the calendar {calendar.id} comes with it")
    if found.present is not None:
        count = len(_differences(found))
        yield Text(f"  {many(count, 'difference')} from what was in force")
    if found.posts:
        sheet = Sheet((kept("Post"), wrapped("People before"), wrapped("After"), kept("Owns open")))
        for each in found.posts:
            sheet.add(each.post, _people(each.before), _after(each), f"{each.open_issues:,}")
        yield sheet
    if found.open_elsewhere:
        yield Text(
            f"{many(found.open_elsewhere, 'open issue')} on another handbook, to stay there: "
            f"`{_do(found)}` says what moving would do.",
            "yellow",
        )


def _do(found: Foreseen) -> str | None:
    return f"closeout adopt {found.terms.handbook.zone} --dry-run" if found.open_elsewhere else None


def _differences(found: Foreseen) -> list[dict[str, object]]:
    if found.present is None:
        return []
    changes = differences(found.present.terms.handbook, found.terms.handbook)
    return [difference_plain(each) for each in changes]


def _people(people: tuple[str, ...]) -> str:
    return ", ".join(people) or "—"


def _after(change: PostChange) -> str:
    later = "  (from a later day on)" if change.before and change.before == change.after else ""
    return f"{_people(change.after)}{later}"
