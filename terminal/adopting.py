"""`closeout adopt`: a zone's open issues move to its present handbook, by a plan of two persons."""

from typing import TYPE_CHECKING, Annotated

import typer

from terminal.publishing import (
    POST,
    Author,
    DryRun,
    Reason,
    carried_out,
    progressing,
    read_officer,
    required,
)
from terminal.session import Session

if TYPE_CHECKING:
    from desk.moves import IssueMove

Zone = Annotated[str, typer.Argument(metavar="ZONE", help="A zone of `closeout zones`.")]
ApprovedBy = Annotated[
    str | None,
    typer.Option(metavar=POST, help="Who approves it: another person."),
]
Undo = Annotated[str | None, typer.Option(metavar="PLAN", help="Bring back what a plan has moved.")]
Plans = Annotated[bool, typer.Option("--plans", help="List the zone's plans.")]


async def adopt(
    session: Session,
    zone: Zone,
    reason: Reason = None,
    actor: Author = None,
    approved_by: ApprovedBy = None,
    undo: Undo = None,
    dry_run: DryRun = False,
    plans: Plans = False,
) -> None:
    """Move a zone's open issues to its present handbook, or back again.

    Look with --dry-run first. A plan needs two persons: a coordinator or supervisor, and one in a
    post of the top tier. Undone at once it leaves every deadline where it was.
    """
    from desk.planning import Planning
    from terminal.shown.adoptions import adopted, adopted_plain, foreseen, foreseen_plain

    if plans:
        await _list(session, zone)
        return
    if not dry_run:
        author = read_officer(actor, "--as")
        approver = read_officer(approved_by, "--approved-by")
        said = required(reason, "--reason")
    async with session.desk() as desk:
        planning = Planning(desk, zone)
        ground = await planning.foreseen(undo)
        time_zone = ground.goal.calendar.time_zone
        if dry_run:
            moves: list[IssueMove] = []
            with progressing(session, "trying") as step:
                async for move in planning.preview(undo):
                    moves.append(move)
                    step()
            session.out.answer(
                {"zone": zone, "handbook": ground.goal.handbook.hash, **foreseen_plain(moves)},
                lambda: foreseen(moves, time_zone),
            )
            return
        ground = await planning.approve(reason=said, author=author, approver=approver, undo=undo)
        figures, safe = await carried_out(session, desk, ground)
        plan = ground.plan
    session.out.answer(adopted_plain(plan, figures, safe), lambda: adopted(plan, figures))


async def _list(session: Session, zone: str) -> None:
    from desk.grounds import plan_name
    from desk.planning import Planning
    from terminal.shown.adoptions import ListedPlan, plan_list, plan_plain

    async with session.desk() as desk:
        found = [
            ListedPlan(
                plan,
                moved=await desk.ledger.adoption_count(plan_name(plan.sequence)),
                left=await Planning(desk, zone).left(plan),
            )
            for plan in await desk.ledger.plans(zone)
        ]
    session.out.answer(
        {"plans": [plan_plain(each.plan, each.moved) | {"left": each.left} for each in found]},
        lambda: plan_list(found),
    )
