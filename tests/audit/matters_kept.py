"""A matter with all that an audit looks at, lived at the desk of a ledger of either kind."""

from datetime import timedelta
from typing import Any

import builders as b
import builders_grants as g
import builders_matters as m
import builders_zone as z
from desks import StandingClock
from matters_bureau import MatterBureau

from domain.canonical import canonical
from domain.matters.matter import matter_stream
from domain.terms import Terms
from ledger.port import Ledger

STREAM = matter_stream(z.ZONE, m.KEY)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
PROBLEMS = [
    {"category": z.HANDBOOK.categories[0].id, "title": title, "text": f"{title}."}
    for title in ("No masks", "No gloves")
]
TIE = m.asked(kind="tie_issue", issue="known")
TOTAL = m.asked(
    kind="state_total",
    label="Masks of last year",
    figures={"masks": {"kind": "count", "n": 40, "precision": "about"}},
)
NOTE = m.asked(kind="note_matter", text="The lorry came late.")
CLOSE = m.asked(kind="close_matter", ending="All was handed out.")


def later_terms() -> Terms:
    """Return the terms of a later revision of the handbook, which keep the same stock."""
    plain = g.TERMS.handbook.model_dump() | {"revision": g.TERMS.handbook.revision + 1}
    return Terms.model_validate({"handbook": plain, "calendar": g.TERMS.calendar.model_dump()})


def opened(**more: Any) -> Any:
    """Return the command that opens a stock of masks."""
    return m.asked(kind="open_grant", procedure="supplies", title="Masks", unit="mask", **more)


def bureau_at(ledger: Ledger, terms: Terms = g.TERMS) -> MatterBureau:
    """Return the desk of matters at a ledger, on Monday at nine."""
    return MatterBureau(ledger, StandingClock(), terms)


async def live(ledger: Ledger, *, key: str = m.KEY, closed: bool = True) -> MatterBureau:
    """Live a life: goods come and go, problems become issues, two instants pass unanswered, the
    terms move on, the matter is closed."""
    await ledger.put_terms(g.TERMS.hash, z.ZONE, canonical(g.TERMS), b.MON_9)
    bureau = bureau_at(ledger)
    await bureau.desk.carry_out(b.submission(b.report(), b.ENTERPRISE, key="known"))
    await bureau.do(opened(), key=key)
    await bureau.do(g.received(300), key=key)
    bureau.clock.at += HOUR
    await bureau.do(g.issued(250, problems=PROBLEMS), key=key)
    while await bureau.errands.once():
        pass
    await bureau.do(TIE, key=key)
    await bureau.until(bureau.clock.at + 3 * DAY, key)
    await bureau.do(g.received(400), key=key)
    await bureau.do(g.issued(450), key=key)
    for command in (TOTAL, NOTE):
        await bureau.do(command, key=key)
    if closed:
        await bureau.do(CLOSE, key=key)
    return bureau
