"""Who and where by a handbook: tiers, units, posts, rosters, deputies; grids, segments, lists."""

from collections import Counter, defaultdict
from datetime import datetime

from console.queries.handbook_sheet import Lines, Sheet, rule_sheet, sheet
from console.queries.handbook_words import Speaker
from domain.handbook import Post
from domain.organization import holders, on_duty


def people(speaker: Speaker, local: datetime) -> tuple[Sheet, ...]:
    """Return who is where: tiers, areas, units, posts with today's people, rosters, deputies."""
    book = speaker.book
    of_area, of_unit = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for grid in book.grids:
        of_area[grid.area].append(speaker.name(grid.name))
    for post in book.posts:
        of_unit[post.unit or ""].append(speaker.name(post.name))
    return (
        _tiers(speaker),
        sheet(
            speaker,
            "areas",
            ("code", "name", "grids"),
            (
                (
                    (each.id,),
                    (speaker.name(each.name),),
                    tuple(of_area[each.id]),
                )
                for each in book.areas
            ),
        ),
        sheet(
            speaker,
            "units",
            ("code", "name", "posts", "kind"),
            (
                (
                    (each.id,),
                    (speaker.name(each.name),),
                    tuple(of_unit[each.id]),
                    (speaker.said("handbook.external"),) if each.external else (),
                )
                for each in book.units
            ),
        ),
        _posts(speaker, local),
        _rosters(speaker),
        _delegations(speaker),
    )


def _tiers(speaker: Speaker) -> Sheet:
    return sheet(
        speaker,
        "tiers",
        ("level", "name", "nobody_there", "time_up"),
        (
            (
                (str(each.level),),
                (speaker.name(each.name),),
                ()
                if each.on_empty is None
                else (
                    speaker.value(each.on_empty),
                    *([] if each.fallback is None else [speaker.called("units", each.fallback)]),
                ),
                () if each.on_timeout is None else (speaker.value(f"to_{each.on_timeout}"),),
            )
            for each in speaker.book.tiers
        ),
    )


def _posts(speaker: Speaker, local: datetime) -> Sheet:
    return sheet(
        speaker,
        "posts",
        ("code", "name", "tier", "stands_for", "people", "duty"),
        (_post(speaker, each, local) for each in speaker.book.posts),
    )


def _post(speaker: Speaker, post: Post, local: datetime) -> tuple[Lines, ...]:
    there = holders(post, local.date())
    covers = next(
        (
            called
            for table in ("grids", "areas")
            if (called := speaker.called(table, post.covers)) != post.covers
        ),
        speaker.name(speaker.book.name) if post.covers == speaker.book.zone else post.covers,
    )
    return (
        (post.id,),
        (speaker.name(post.name),),
        () if post.tier is None else (speaker.tier(post.tier),),
        (
            covers,
            *([] if post.unit is None else [speaker.called("units", post.unit)]),
            *(speaker.value(each) for each in post.roles),
        ),
        there or (speaker.said("handbook.vacant"),),
        () if post.roster is None else on_duty(speaker.book, post, local),
    )


def _rosters(speaker: Speaker) -> Sheet:
    every = speaker.said("handbook.every_day")
    rows = []
    for roster in speaker.book.rosters:
        for shift in roster.shifts:
            days = speaker.join([speaker.said(f"handbook_day.d{each}") for each in shift.weekdays])
            dates = [str(each) for each in (shift.from_on, shift.to_on) if each is not None]
            rows.append(
                (
                    (speaker.name(roster.name),),
                    (days or every, *([" – ".join(dates)] if dates else [])),
                    (f"{shift.begins}–{shift.ends}",),
                    tuple(shift.people),
                )
            )
    return sheet(speaker, "rosters", ("name", "days", "hours", "people"), rows)


def _delegations(speaker: Speaker) -> Sheet:
    return sheet(
        speaker,
        "delegations",
        ("post", "principal", "deputy", "days", "commands"),
        (
            (
                (speaker.called("posts", each.post),),
                (each.principal,),
                (each.deputy,),
                (f"{each.from_on} – {each.to_on}",),
                (speaker.said("handbook.all_commands"),)
                if each.commands is None
                else tuple(each.commands),
            )
            for each in speaker.book.delegations
        ),
    )


def enterprises(speaker: Speaker, _: datetime) -> tuple[Sheet, ...]:
    """Return what enterprises are told apart by: segments, lists, grids, and what sources say."""
    book = speaker.book
    of_segment = Counter(each.segment for each in book.enterprises)
    of_grid = Counter(each.grid for each in book.enterprises)
    segments = sheet(
        speaker,
        "segments",
        ("code", "name", "enterprises"),
        (
            ((each.id,), (speaker.name(each.name),), (str(of_segment[each.id]),))
            for each in book.segments
        ),
    )
    lists = sheet(
        speaker,
        "lists",
        ("code", "name", "revision", "enterprises"),
        (
            (
                (each.id,),
                (speaker.name(each.name),),
                (str(each.revision),),
                (str(len(each.members)),),
            )
            for each in book.lists
        ),
    )
    grids = sheet(
        speaker,
        "grids",
        ("code", "name", "area", "enterprises"),
        (
            (
                (each.id,),
                (speaker.name(each.name),),
                (speaker.called("areas", each.area),),
                (str(of_grid[each.id]),),
            )
            for each in book.grids
        ),
    )
    return (segments, lists, grids, rule_sheet(speaker, "stated"))
