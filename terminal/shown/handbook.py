"""A zone's handbook, as far as one must know it to report an issue and to act on it."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from domain.handbook import Enterprise, Handbook, Role
from domain.organization import owner_post
from terminal.shown.frames import SECOND, Column, Sheet, facts, inline, kept


def zone_list(books: Sequence[Handbook]) -> RenderableType:
    """Return the zones that have a handbook."""
    counts = [kept(header, right=True) for header in ("Tiers", "Enterprises", "Categories")]
    sheet = Sheet((kept("Zone"), Column("Name"), *counts))
    for book in books:
        sheet.add(
            book.zone,
            inline(book.name),
            str(len(book.tiers)),
            str(len(book.enterprises)),
            str(len(book.categories)),
        )
    return Group(sheet, Text("`closeout zones ZONE` shows one in full.", SECOND))


def zone_in_full(book: Handbook) -> RenderableType:
    """Return one zone: tiers, enterprises, posts, units, categories, and an example to type."""
    tiers = Text("\n").join(
        Text(f"{tier.level} ").append_text(inline(tier.name)) for tier in book.tiers
    )
    return Group(
        Text.assemble((book.zone, "bold"), "  ", inline(book.name)),
        facts(
            (
                ("  revision", f"{book.revision}, calendar {book.calendar}"),
                ("  tiers", tiers),
            )
        ),
        *(part for each in _sheets(book) for part in (Text(""), each)),
        Text(""),
        _example(book),
    )


def _sheets(book: Handbook) -> Sequence[Sheet]:
    enterprises = Sheet((kept("Enterprise"), Column("Name"), kept("Owner at tier 1")))
    for entry in book.enterprises:
        owner = owner_post(book, entry.id, 1)
        enterprises.add(entry.id, inline(entry.name), "—" if owner is None else owner.id)
    posts = Sheet((kept("Post"), Column("Name"), kept("Tier"), Column("Acts for"), kept("People")))
    for post in book.posts:
        posts.add(
            post.id,
            inline(post.name),
            "—" if post.tier is None else str(post.tier),
            post.unit or ", ".join(post.roles) or post.covers,
            Text("\n".join(post.people)) if post.people else Text("vacant", "yellow"),
        )
    units = Sheet((kept("Unit"), Column("Name"), kept("")))
    for unit in book.units:
        units.add(unit.id, inline(unit.name), Text("external" if unit.external else "", SECOND))
    categories = Sheet((kept("Category"), Column("Name"), Column("Usual units")))
    for category in book.categories:
        categories.add(category.id, inline(category.name), Text(", ".join(category.units), SECOND))
    return [sheet for sheet in (enterprises, posts, units, categories) if sheet.rows]


def _example(book: Handbook) -> RenderableType:
    """Return what can be typed as it stands: a report by an enterprise, and its acceptance."""
    enterprise = next(iter(book.enterprises), None)
    if enterprise is None:
        return Text("No enterprise is listed: an issue cannot be reported yet.", "yellow")
    return Text.assemble(
        ("To begin with:\n", SECOND),
        f"closeout report {book.zone} my-first --enterprise {enterprise.id} \\\n"
        f"  --category {book.categories[0].id} --title 'In one line' --text 'In full' \\\n"
        f"  --as enterprise:rep-1@{enterprise.id}\n",
        f"closeout do {book.zone} my-first accept --as {_officer(book, enterprise)}",
    )


def _officer(book: Handbook, enterprise: Enterprise) -> str:
    owner = owner_post(book, enterprise.id, 1)
    coordinators = [post for post in book.posts if Role.COORDINATOR in post.roles]
    for post in [owner, *coordinators]:
        if post is not None and post.people:
            return f"officer:{post.people[0]}@{post.id}"
    return "officer:PERSON@POST"
