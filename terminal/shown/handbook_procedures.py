"""A handbook's teams, rounds and applications as tables: who takes part, votes, signs, for what."""

from collections.abc import Iterator

from domain.ballots import BallotRule, Needs
from domain.handbook import Handbook, TeamTemplate
from domain.procedures import ApplicationRule, ElectorRow, RoundRule
from terminal.shown.durations import brief_duration
from terminal.shown.frames import Column, Sheet, inline, kept, wrapped


def procedure_sheets(book: Handbook) -> Iterator[Sheet]:
    """Yield a table each of standing teams, rounds of votes, applications, exclusions."""
    yield _teams(book)
    yield _rounds(book)
    yield _applications(book)
    yield _exclusions(book)


def _teams(book: Handbook) -> Sheet:
    sheet = Sheet((kept("Team"), Column("Name"), Column("Lead"), wrapped("Asked for")))
    for team in book.teams:
        asked = list(_asked(team)) or [f"{unit}: a part of its own" for unit in team.members]
        sheet.add(team.id, inline(team.name), team.lead, "\n".join(asked))
    return sheet


def _asked(team: TeamTemplate) -> Iterator[str]:
    for part in team.parts:
        said = [part.duty.value, *([] if part.required else ["not required"])]
        if part.budget is not None:
            said.append(brief_duration(part.budget))
        if part.depends_on:
            said.append(f"after {', '.join(part.depends_on)}")
        yield f"{part.id}: {part.deliverable} ({part.unit}; {', '.join(said)})"


def _rounds(book: Handbook) -> Sheet:
    sheet = Sheet((kept("Round"), Column("Decides on"), wrapped("Electors"), wrapped("Passes")))
    for rule in book.rounds:
        electors = "\n".join(_elector(row) for row in rule.electors)
        sheet.add(rule.id, rule.subject.value, electors, _passes(rule))
    return sheet


def _elector(row: ElectorRow) -> str:
    who = row.post or (f"role {row.role}" if row.role else f"tier {row.tier} over the enterprise")
    more = [*([f"weight {row.weight}"] if row.weight > 1 else []), *(["veto"] if row.veto else [])]
    return f"{who} ({', '.join(more)})" if more else who


def _passes(rule: RoundRule) -> str:
    said = [_needs(rule.passes), f"{rule.clock} runs out: {rule.expires}"]
    said.append(f"too few may vote: {rule.fallback}")
    if rule.own_unit_out:
        said.append("nobody of the unit that is judged")
    return "\n".join(said)


def _needs(passes: BallotRule) -> str:
    if passes.needs is Needs.AT_LEAST:
        return f"at least {passes.n}"
    if passes.percent is not None:
        return f"{passes.percent} % of {'weights' if passes.needs is Needs.WEIGHTED else 'heads'}"
    return passes.needs.value


def _applications(book: Handbook) -> Sheet:
    sheet = Sheet(
        (kept("Application"), Column("Name"), wrapped("Checklist"), wrapped("Signers and batches"))
    )
    for form in book.applications:
        items = "\n".join(f"{item.id}: {item.name.zh} {item.name.en}" for item in form.items)
        sheet.add(form.id, inline(form.name), items, "\n".join(_gate(form)))
    return sheet


def _exclusions(book: Handbook) -> Sheet:
    sheet = Sheet((kept("Left out of figures"), Column("Ground")))
    for ground in book.exclusions:
        sheet.add(ground.id, inline(ground.name))
    return sheet


def _gate(form: ApplicationRule) -> Iterator[str]:
    for signer in form.signers:
        yield f"{signer.id}: {', '.join(signer.posts) or 'the enterprise'}"
    for batch in form.batches:
        opens = "" if batch.opens_on is None else f", from {batch.opens_on}"
        yield f"{batch.id}: claims {', '.join(batch.claims) or 'nothing'}{opens}"
    yield f"attempts: {form.attempts_max}"
