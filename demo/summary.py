"""What the demonstration shows at its end: one table, and one line for each proof."""

from dataclasses import dataclass
from datetime import timedelta

from rich import box
from rich.console import Console
from rich.table import Table

from audit.reexecute import Reexecution
from audit.replay import CrossCheck, ReplayReport
from demo.proofs import Proved
from desk.desk import Desk
from domain.issue import Issue
from domain.organization import enterprise
from domain.phases import Outcome, Phase, SignOffOutcome

FIGURES_WIDTH = 71
WORDS_WIDTH_MIN = 16


@dataclass(frozen=True, slots=True)
class Expected:
    """Where an issue must have ended, by its file."""

    id: str
    zone: str
    key: str
    phase: Phase
    outcome: Outcome | None
    sign_off: SignOffOutcome | None
    tier_reached: int
    late_parts: tuple[str, ...] = ()
    rejections: int | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """An issue where it ended, and whether that is what its file says."""

    id: str
    issue: Issue
    names: tuple[str, str]
    category: str
    wall: timedelta | None
    working: timedelta | None
    differs: tuple[str, ...]


async def ended(desk: Desk, expected: Expected) -> Ended:
    """Look up where an issue ended and hold it against its file."""
    row = await desk.row(expected.zone, expected.key)
    issue, terms = row.issue, await desk.shelf.version(row.issue.terms)
    place = enterprise(terms.handbook, issue.enterprise)
    category = next(entry for entry in terms.handbook.categories if entry.id == issue.category)
    wall = working = None
    if issue.closed_at is not None:
        wall = issue.closed_at - issue.reported_at
        spent = terms.calendar.working_ms(issue.reported_at, issue.closed_at)
        working = timedelta(milliseconds=spent)
    return Ended(
        id=expected.id,
        issue=issue,
        names=("", "") if place is None else (place.name.zh, place.name.en),
        category=f"{category.id} {category.name.zh} {category.name.en}",
        wall=wall,
        working=working,
        differs=tuple(_differences(issue, expected)),
    )


def _differences(issue: Issue, expected: Expected) -> list[str]:
    sign_off = None if issue.sign_off is None else issue.sign_off.outcome
    parts = () if issue.team is None else issue.team.parts
    pairs = [
        ("phase", issue.phase, expected.phase),
        ("outcome", issue.outcome, expected.outcome),
        ("sign-off", sign_off, expected.sign_off),
        ("tier reached", issue.tier_reached, expected.tier_reached),
        ("late parts", tuple(part.id for part in parts if part.late), expected.late_parts),
    ]
    if expected.rejections is not None:
        pairs.append(("rejections", issue.rejections, expected.rejections))
    return [f"{what}: {found}, not {wanted}" for what, found, wanted in pairs if found != wanted]


def table_of(rows: list[Ended], width: int) -> Table:
    """Return the closing table for a terminal `width` columns wide, both languages side by side."""
    words = max(WORDS_WIDTH_MIN, width - FIGURES_WIDTH)
    table = Table(
        title="企业问题台账 / Ledger of enterprise issues", box=box.SIMPLE_HEAD, expand=False
    )
    table.add_column("台账号\nLedger number", no_wrap=True, min_width=26)
    table.add_column("企业 Enterprise\n类别 Category", no_wrap=True, width=words)
    table.add_column("层级\nTier", justify="center", no_wrap=True, min_width=4)
    table.add_column("历时 Wall\n工时 Working", justify="right", no_wrap=True, min_width=12)
    table.add_column("企业确认\nSign-off", no_wrap=True, min_width=15)
    for row in rows:
        mark = "[green]✓[/]" if not row.differs else "[red]✗[/]"
        table.add_row(
            f"{row.issue.number or '-'}\n{mark} [dim]{row.id}[/]",
            f"{' '.join(row.names)}\n[dim]{row.category}[/]",
            str(row.issue.tier_reached),
            f"{span(row.wall)}\n{working(row.working)}",
            _sign_off(row.issue),
        )
    return table


def _sign_off(issue: Issue) -> str:
    words = {
        SignOffOutcome.ACCEPTED: "认可\naccepted",
        SignOffOutcome.REJECTED: "不认可\nrejected",
        SignOffOutcome.DEEMED_ACCEPTED: "逾期视同认可\ndeemed accepted",
        SignOffOutcome.ACCEPTED_BY_PROXY: "代为确认\nby proxy",
        SignOffOutcome.UNREACHABLE: "无法联系\nunreachable",
        SignOffOutcome.WITHDRAWN: "撤回\nwithdrawn",
        SignOffOutcome.INSPECTED: "现场核验\ninspected",
    }
    if issue.is_open:
        return "未结\nopen"
    if issue.sign_off is None or issue.sign_off.outcome is None:
        return "-"
    return words[issue.sign_off.outcome]


def span(length: timedelta | None) -> str:
    """Return a length of time in its two largest units."""
    if length is None:
        return "-"
    seconds = length.total_seconds()
    days, rest = divmod(int(seconds), 86_400)
    hours, minutes = rest // 3600, rest % 3600 // 60
    if days:
        return f"{days} d {hours} h"
    if hours or minutes:
        return f"{hours} h {minutes} min"
    return f"{seconds:.1f} s"


def working(length: timedelta | None) -> str:
    """Return working time in hours: a working day is no 24 of them."""
    return "-" if length is None else f"{length.total_seconds() / 3600:.1f} h"


def print_proofs(
    console: Console,
    proved: Proved,
    again: Reexecution,
    replay: ReplayReport,
    workflows: set[str],
    rings: CrossCheck,
) -> bool:
    """Print a line for each proof; return whether all of them hold.

    Histories are counted by their `workflows`: whether a closed issue that hears of its follow-up
    hears it in a run of its own is a matter of milliseconds. A matter that never waited, and of
    which nobody was told anything, has none.
    """
    findings = proved.verification.streams
    broken = {finding.stream for finding in findings.found}
    whole = workflows - {failure.workflow_id for failure in replay.failures}
    fired = rings.rings_in_both + len(rings.only_in_ledger) + len(rings.only_in_history)
    lines = [
        (
            findings.is_sound,
            f"{findings.events} events; chains verified: "
            f"{findings.streams - len(broken)} of {findings.streams}",
        ),
        (
            again.is_identical,
            f"decisions re-executed identical: {again.identical} of {again.decisions}",
        ),
        (
            not replay.failures,
            f"issues and matters whose workflow histories replay: {len(whole)} of {len(workflows)}",
        ),
        (
            rings.is_sound and not rings.pending,
            f"rings found in both records: {rings.rings_in_both} of {fired + rings.pending}",
        ),
        (
            proved.verification.is_sound,
            f"{proved.leaves} facts under a signed checkpoint, anchored outside the database",
        ),
        (
            proved.files == proved.accepted,
            f"evidence files that an independent program accepts: {proved.accepted} of "
            f"{proved.files}, in {proved.evidence}",
        ),
    ]
    for sound, line in lines:
        console.print(f"[green]✓[/] {line}" if sound else f"[red]✗[/] {line}")
    for finding in proved.verification.found[:10]:
        console.print(f"    {finding}")
    for failure in replay.failures[:10]:
        console.print(f"    {failure}")
    for found in rings.found[:10]:
        console.print(f"    {found}")
    if proved.refused:
        console.print(f"    {proved.refused}")
    return all(sound for sound, _ in lines)
