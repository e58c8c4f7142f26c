"""`closeout similar`: issues that may be the same matter, and how such suggestions have fared."""

from typing import Annotated

import typer

from terminal.asking import Zone
from terminal.session import Session


async def similar(
    session: Session,
    zone: Zone,
    key: Annotated[
        str | None, typer.Argument(metavar="KEY", help="An issue that was reported.")
    ] = None,
    enterprise: Annotated[
        str | None, typer.Option(metavar="ID", help="Whose a new report would be.")
    ] = None,
    category: Annotated[
        str | None, typer.Option(metavar="ID", help="What kind it would be.")
    ] = None,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Its title.")] = None,
    text: Annotated[str | None, typer.Option(metavar="TEXT", help="Its text.")] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Count what became of suggestions so far.")
    ] = False,
) -> None:
    """Name up to five issues that may be the same matter as one, or as a report before it is made.

    Compares text, enterprise, category and place. Nothing is ever merged by it: what a person makes
    of a suggestion is for `closeout do … judge-suggestion`, and --report counts that.
    """
    described = (enterprise, category, title, text)
    ways = [key is not None, any(each is not None for each in described), report]
    if sum(ways) != 1 or (ways[1] and None in described):
        raise typer.BadParameter(
            "give KEY, or all of --enterprise, --category, --title, --text, or --report",
            param_hint="'similar'",
        )
    from desk.likeness import LikeIssues, Told
    from terminal.shown.names import Names
    from terminal.shown.similar import judged_plain, judged_shown, similar_plain, similar_shown

    async with session.desk() as desk:
        like = LikeIssues(desk)
        terms = await desk.shelf.current(zone, desk.clock.now())
        if report:
            judged = await like.judged(zone)
            session.out.answer(judged_plain(zone, judged), lambda: judged_shown(zone, judged))
            return
        if key is not None:
            found = await like.of_issue(zone, key)
        else:
            told = Told(enterprise or "", category or "", title or "", text or "")
            found = await like.of_report(zone, told)
    names = Names(terms)
    session.out.answer(similar_plain(zone, found), lambda: similar_shown(found, names))
