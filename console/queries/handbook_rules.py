"""What a handbook decides: routes, clocks, the ladder, teams, sign-off, supervision, notices."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from console.queries.handbook_sheet import Lines, Sheet, rule_sheet, said_rows, sheet
from console.queries.handbook_words import Speaker
from domain.clock_rules import ClockRule, ClockScope, Condition
from domain.policies import NoticeRule, RoutingRow, TeamTemplate
from domain.procedures import ElectorRow
from domain.supervision_rules import SupervisionRule


def categories(speaker: Speaker, _: datetime) -> tuple[Sheet, ...]:
    """Return the kinds of issues, and where accepted work is sent."""
    categories = sheet(
        speaker,
        "categories",
        ("code", "name", "units"),
        (
            (
                (each.id,),
                (speaker.name(each.name),),
                tuple(speaker.called("units", unit) for unit in each.units)
                or (speaker.said("handbook.the_owner"),),
            )
            for each in speaker.book.categories
        ),
    )
    routing = sheet(
        speaker,
        "routing",
        ("row", "asks", "to"),
        (_routing(speaker, number, row) for number, row in enumerate(speaker.book.routing, 1)),
    )
    return (categories, routing, rule_sheet(speaker, "dispatch"))


def _routing(speaker: Speaker, number: int, row: RoutingRow) -> tuple[Lines, ...]:
    asked = (
        *("categories", "priorities", "origins", "areas", "grids", "segments", "lists", "tiers"),
    )
    lines = [
        speaker.said(
            "handbook.line",
            label=speaker.label(field),
            value=speaker.plain(getattr(row, field), field),
        )
        for field in asked
        if getattr(row, field)
    ]
    to = speaker.value(f"route_{row.to}")
    if row.unit is not None:
        to = speaker.called("units", row.unit)
    return (str(number),), tuple(lines) or (speaker.said("handbook.every_issue"),), (to,)


def clocks(speaker: Speaker, _: datetime) -> tuple[Sheet, ...]:
    """Return every clock: its limits and rungs, and when it moves."""
    return (
        sheet(
            speaker,
            "clocks",
            ("name", "budgets", "rungs"),
            (_limits(speaker, rule) for rule in speaker.book.clocks),
        ),
        Sheet(
            title=speaker.said("handbook.when_clocks_move"),
            heads=tuple(
                speaker.said(f"handbook_head.{each}")
                for each in ("name", "starts", "stands", "ends", "begins_anew")
            ),
            rows=tuple(_moves(speaker, rule) for rule in speaker.book.clocks),
            of=("clocks",),
        ),
    )


def _limits(speaker: Speaker, rule: ClockRule) -> tuple[Lines, ...]:
    scope = [] if rule.scope is ClockScope.ISSUE else [speaker.value(f"of_{rule.scope}")]
    own = [] if rule.calendar is None else [rule.calendar]
    return (
        (speaker.name(rule.name), *scope, *own),
        tuple(speaker.budget(each) for each in rule.budgets),
        tuple(speaker.rung(each) for each in rule.rungs),
    )


def _moves(speaker: Speaker, rule: ClockRule) -> tuple[Lines, ...]:
    def told(conditions: Iterable[Condition]) -> Lines:
        return tuple(speaker.condition(each) for each in conditions)

    return (
        (speaker.name(rule.name),),
        told(rule.start),
        told(rule.pause),
        told((*rule.stop, *rule.cancel)),
        told(rule.reset),
    )


def handling(speaker: Speaker, _: datetime) -> tuple[Sheet, ...]:
    """Return the rules of the ladder, special modes, waiting, and deciding together."""
    rules = ("ladder", "green_channel", "emergency", "parking", "instructions", "extensions")
    return (
        *(rule_sheet(speaker, each) for each in rules),
        rule_sheet(speaker, "pauses"),
        _rounds(speaker),
    )


def _rounds(speaker: Speaker) -> Sheet:
    return sheet(
        speaker,
        "rounds",
        ("subject", "electors", "passes", "clock", "expires"),
        (
            (
                (speaker.value(f"subject_{each.subject}"),),
                tuple(_elector(speaker, row) for row in each.electors),
                tuple(speaker.lines(each.passes)),
                (speaker.called("clocks", each.clock),),
                (
                    speaker.value(each.expires),
                    speaker.said(
                        "handbook.else_settles", post=speaker.called("posts", each.fallback)
                    ),
                ),
            )
            for each in speaker.book.rounds
        ),
    )


def _elector(speaker: Speaker, row: ElectorRow) -> str:
    if row.post is not None:
        who = speaker.called("posts", row.post)
    elif row.role is not None:
        who = speaker.value(row.role)
    else:
        who = speaker.tier(row.tier or 1)
    weight = [] if row.weight == 1 else [f"× {row.weight}"]
    veto = [speaker.label("veto")] if row.veto else []
    return " ".join([who, *weight, *veto])


def teams(speaker: Speaker, _: datetime) -> tuple[Sheet, ...]:
    """Return the standing teams and what binds joint teams."""
    teams = sheet(
        speaker,
        "teams",
        ("name", "leads", "members", "categories", "parts"),
        (_team(speaker, each) for each in speaker.book.teams),
    )
    return (teams, rule_sheet(speaker, "joint_team"))


def _team(speaker: Speaker, team: TeamTemplate) -> tuple[Lines, ...]:
    return (
        (speaker.name(team.name),),
        (speaker.called("units", team.lead),),
        tuple(speaker.called("units", each) for each in team.members),
        tuple(speaker.called("categories", each) for each in team.categories),
        tuple(
            speaker.said(
                "handbook.line",
                label=f"{speaker.called('units', each.unit)} ({speaker.value(each.duty)})",
                value=each.deliverable,
            )
            for each in team.parts
        ),
    )


def signing_off(speaker: Speaker, _: datetime) -> tuple[Sheet, ...]:
    """Return the rules of sign-off, callbacks, rectification and applications."""
    rules = ("sign_off", "callbacks", "rectification")
    applications = sheet(
        speaker,
        "applications",
        ("name", "checklist", "signers", "batches"),
        (
            (
                (speaker.name(each.name),),
                tuple(speaker.name(item.name) for item in each.items),
                tuple(speaker.name(signer.name) for signer in each.signers),
                tuple(
                    speaker.name(batch.name)
                    + ("" if batch.opens_on is None else f" ({batch.opens_on})")
                    for batch in each.batches
                ),
            )
            for each in speaker.book.applications
        ),
    )
    return (*(rule_sheet(speaker, each) for each in rules), applications)


def supervision(speaker: Speaker, _: datetime) -> tuple[Sheet, ...]:
    """Return the instruments, lights and warnings; nothing where the zone does not supervise."""
    rule = speaker.book.supervision
    return () if rule is None else tuple(_supervised(speaker, rule))


def _supervised(speaker: Speaker, rule: SupervisionRule) -> Iterable[Sheet]:
    yield sheet(
        speaker,
        "supervision",
        ("instrument", "limit", "rungs", "on_silence", "who_may"),
        (
            (
                (speaker.name(each.name),),
                () if each.limit is None else (speaker.length(each.limit),),
                tuple(speaker.rung(rung) for rung in each.rungs),
                ()
                if each.on_timeout is None
                else (speaker.called("instruments", each.on_timeout),),
                (
                    *(speaker.value(role) for role in each.roles),
                    *(
                        []
                        if each.from_tier is None
                        else [speaker.said("handbook.from_tier", tier=speaker.tier(each.from_tier))]
                    ),
                ),
            )
            for each in rule.instruments
        ),
    )
    yield sheet(speaker, "lights", ("setting", "says"), said_rows(speaker, rule.lights))
    if rule.warnings is None:
        return
    warned = rule.warnings
    yield sheet(
        speaker,
        "grounds",
        ("ground", "narrowed", "points"),
        (
            (
                (speaker.value(each.fact),),
                tuple(
                    [speaker.called("instruments", one) for one in each.instruments]
                    + [speaker.called("clocks", one) for one in each.clocks]
                ),
                (str(each.points),),
            )
            for each in warned.grounds
        ),
    )
    yield sheet(
        speaker,
        "cards",
        ("name", "points", "counted_by", "appeal"),
        (
            (
                (speaker.name(each.name),),
                (str(each.points),),
                (speaker.value(f"per_{warned.period}"),),
                (
                    speaker.length(warned.appeal),
                    speaker.said("handbook.from_tier", tier=speaker.tier(warned.appeal_to_tier)),
                ),
            )
            for each in warned.cards
        ),
    )


def notices(speaker: Speaker, _: datetime) -> tuple[Sheet, ...]:
    """Return who is told of what, and every rule that has no table of its own."""
    notices = sheet(
        speaker,
        "notices",
        ("on", "told", "narrowed", "urgent"),
        (_notice(speaker, each) for each in speaker.book.notices),
    )
    return (notices, rule_sheet(speaker, "telling"), *later(speaker))


def _notice(speaker: Speaker, rule: NoticeRule) -> tuple[Lines, ...]:
    return (
        (speaker.event(rule.on),),
        tuple(speaker.value(f"to_{each}") for each in rule.to),
        (
            *(speaker.value(each) for each in rule.effects),
            *(called for each in rule.clocks if (called := speaker.called("clocks", each)) != each),
            *rule.channels,
        ),
        (speaker.said("shell.yes"),) if rule.urgent else (),
    )


ALONE: Final = ("allow_skip", "late_record_minutes", "reclassified_times_max", "merges")
HEAD: Final = ("zone", "name", "revision", "calendar", "source", "enterprises")
"""Fields that stand at the head of the page, or on a page of their own."""
KNOWN: Final = frozenset(
    {
        *ALONE,
        *HEAD,
        *("tiers", "areas", "grids", "units", "posts", "rosters", "delegations", "segments"),
        *("lists", "stated", "categories", "routing", "dispatch", "clocks", "ladder"),
        *("green_channel", "emergency", "parking", "instructions", "extensions", "pauses"),
        *("rounds", "teams", "joint_team", "sign_off", "callbacks", "rectification"),
        *("applications", "supervision", "notices", "telling"),
    }
)


def later(speaker: Speaker) -> Iterable[Sheet]:
    """Yield the rules that have no table of their own yet, field by field: nothing is left out."""
    alone = Sheet(
        title=speaker.said("handbook.single_settings"),
        heads=tuple(speaker.said(f"handbook_head.{each}") for each in ("setting", "says")),
        rows=tuple(
            ((speaker.label(each),), (speaker.plain(getattr(speaker.book, each), each),))
            for each in ALONE
        ),
        of=ALONE,
    )
    yield alone
    for field in type(speaker.book).model_fields:
        if field not in KNOWN:
            yield rule_sheet(speaker, field)
