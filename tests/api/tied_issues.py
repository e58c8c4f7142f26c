"""Issues of the mill that are tied to the bakery's in every way, told and taken back. Not tests."""

import builders as b
import builders_kin as k
from desks import Counter
from linked_issues import settled

from domain.commands_of_kin import JudgeSuggestion
from domain.likeness import METHODS
from domain.phases import LinkType

SEALED = "sealed9"
"""Stands in every key of the bakery's, and in every text about them."""
TWIN, SECOND = f"{SEALED}-twin", f"{SEALED}-second"
OWN = ("duplicate", "part", "whole", "caused", "parted", "related")
WHY = f"Because of {SEALED}, the bakery's."


async def tied(office: Counter) -> None:
    """Report the mill's issues and the bakery's, and tie each of the mill's to one of these."""
    bakers = b.report(enterprise="bakery")
    for key in (TWIN, SECOND):
        await office.do(bakers, b.OTHER_ENTERPRISE, key=key)
        await office.do(b.ACCEPT, b.COORDINATOR, key=key)
    for key in OWN:
        await office.accepted(key)
    await office.do(k.duplicates(TWIN), key="duplicate")
    await office.do(k.add_child("part"), b.COORDINATOR, key=SECOND)
    await office.do(k.add_child(TWIN), key="whole")
    await office.do(k.link("caused", LinkType.CAUSED_BY), b.COORDINATOR, key=TWIN)
    await office.do(k.link(SECOND), key="parted")
    await settled(office)
    await office.do(k.unlink(SECOND), key="parted")
    await office.do(k.link(TWIN, LinkType.RELATES), key="related")
    await office.do(k.link("part", LinkType.RELATES), key="related")
    judged = JudgeSuggestion(suggested=TWIN, same=True, score=90, method=METHODS[0], note=WHY)
    await office.do(judged, key="related")
    await settled(office)


async def ended(office: Counter) -> None:
    """Close the bakery's issue: the mill's duplicate is proposed the same, its whole may close."""
    await office.do(b.PROPOSE, b.NEIGHBOUR, key=TWIN)
    await office.do(b.CONFIRM, b.OTHER_ENTERPRISE, key=TWIN)
    await office.do(b.VERIFY, b.OTHER_HEAD, key=TWIN)
    await settled(office)
