"""The zone of `builders` with grounds for leaving issues out of figures."""

import builders as b

from domain.commands_of_exclusions import ExcludeFromFigures, LiftExclusion, ReviewExclusion
from domain.exclusion import FigureName
from domain.issue import Evidence

GROUNDS = (
    {"id": "flood", "name": {"zh": "汛情", "en": "Flood"}},
    {"id": "mistake", "name": {"zh": "误录", "en": "Entered in error"}},
)
TERMS = b.terms_of(exclusions=GROUNDS)
SHOWN = (Evidence(reference="store/notice"),)
ALL = ExcludeFromFigures(code="flood", reason="High water.", evidence=SHOWN)
ON_TIME = ALL.model_copy(update={"figures": (FigureName.ON_TIME,)})
TAKEN = ReviewExclusion(exclusion=1, accept=True, reason="So it was.")
NOT_TAKEN = ReviewExclusion(exclusion=1, accept=False, reason="It was dry.")
LIFTED = LiftExclusion(exclusion=1, reason="Reviewed in error.")
ASKED = b.Step(b.COORDINATOR, ALL, b.TUE_9)
ACCEPTED = b.Step(b.SUPERVISOR, TAKEN, b.TUE_9)
REFUSED = b.Step(b.SUPERVISOR, NOT_TAKEN, b.TUE_9)
COUNTS_AGAIN = b.Step(b.COORDINATOR, LIFTED, b.TUE_9)
LEFT_OUT = (*b.CLOSED_OUT, ASKED, ACCEPTED)
