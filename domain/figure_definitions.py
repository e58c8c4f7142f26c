"""The registry of figures: what each revision of each definition counts (I13, R8, R11).

A revision is never edited, also not to correct it; another formula is appended as the next one.
An issue falls into the period by when its event was recorded. What happened later, up to the
position that a figure was stated at, is known to it: a reopening, a dispute, a correction, an
exclusion.

A strike-off is a close-out with a result; a withdrawal, a report turned away and a merged issue are
none. Parked issues are in no rate (R11). From its second revision on a figure leaves out what a
reviewed exclusion names, and counts it apart (R8.6).
"""

from dataclasses import replace

from domain import figures_of_closings as closings
from domain import figures_of_moves, figures_of_time
from domain.errors import InvalidRequestError
from domain.figures import Definition
from domain.model import Name


def definition(name: str, revision: int | None = None) -> Definition:
    """Return a definition in a revision, or in its newest. Raises InvalidRequestError."""
    named = [each for each in DEFINITIONS if each.name == name]
    if not named:
        raise InvalidRequestError(
            "There is no such definition.",
            field="definition",
            value=name,
            allowed={each.name for each in DEFINITIONS},
        )
    found = [each for each in named if revision in (None, each.revision)]
    if not found:
        raise InvalidRequestError(
            f"This program knows no such revision of {name}.",
            field="revision",
            value=revision,
            allowed=[str(each.revision) for each in named],
        )
    return max(found, key=lambda each: each.revision)


CLOSES = frozenset({"issue_closed_out"})
RESULTS = ("solved", "partly", "explained_cannot", "policy_pending", "withdrawn")
_CLOSED = "strike-offs in the period"

_ON_TIME = Definition(
    name="on_time",
    revision=1,
    title=Name(zh="按时销号率", en="strike-offs on time"),
    counts={
        "closed": _CLOSED,
        "on_time": "of these, without a breach between the report, or the last reopening, and "
        "the strike-off that is charged to a unit or post of the zone and not undone by a "
        "later target",
        "late": "of these, the others",
        "excused": "of the late ones, those none of whose limits was passed by what is known "
        "of when things took place; they stay late",
        "breaches": "those breaches, at whom they are charged to",
    }
    | {
        f"breaches_{each}": f"of these, of cycles with the verdict {each}"
        for each in closings.VERDICTS
    },
    ratios={"on_time": ("on_time", "closed")},
    shares=closings.on_time,
    kinds=CLOSES,
)
_STANDING = Definition(
    name="standing",
    revision=1,
    title=Name(zh="受理与在办", en="reported, closed, open, parked"),
    counts={
        "reported": "issues reported in the period",
        "closed": "closings in the period, however they ended",
    }
    | {f"closed_{each}": f"of these, {each}" for each in closings.OUTCOMES}
    | {
        "open": "issues open at the end of the period, parked ones not among them",
        "parked": "issues parked at the end of the period",
    },
    shares=closings.standing,
)
_TIME_TO_CLOSE = Definition(
    name="time_to_close",
    revision=1,
    title=Name(zh="办结用时", en="time to close"),
    counts={
        "closed": _CLOSED,
        "corrected": "of these, those whose beginning or end took place at another time than "
        "it was recorded, by a correction",
        "without_working_time": "of these, those that their calendar does not cover",
    },
    lengths={
        "working_ms": "opening hours, by the calendar of the zone that the issue was closed "
        "under, from the report or the last reopening to the strike-off",
        "wall_ms": "all time between the same two instants",
    },
    shares=closings.time_to_close,
    kinds=CLOSES,
)
_SIGN_OFF = Definition(
    name="sign_off",
    revision=1,
    title=Name(zh="企业认可率", en="what enterprises said"),
    counts={
        "closed": "strike-offs and confirmed withdrawals in the period",
        "asked": "of these, those on which the enterprise had its say; after an inspection it "
        "is the enterprise that owed the work",
    }
    | {
        each: f"of `closed`, those whose sign-off is {each}"
        for each in (*closings.SAID, closings.INSPECTED)
    }
    | {
        "disputed": "of `closed`, those whose sign-off the enterprise disputed when it "
        "was called back",
        "accepted_undisputed": "of those accepted, the others",
        "answers": "agreements and refusals by enterprises, in person or on a recording, on "
        "the way to those closings; silence and unreachable ones are none",
        "satisfaction_given": "of the answers, those with a figure from 1 to 5",
        "satisfaction_sum": "the sum of these figures",
    },
    ratios={each: (each, "asked") for each in closings.SAID}
    | {
        "acceptance": ("accepted_undisputed", "asked"),
        "satisfaction": ("satisfaction_sum", "satisfaction_given"),
    },
    shares=closings.sign_off,
    kinds=CLOSES,
)
_RETURNED = Definition(
    name="returned",
    revision=1,
    title=Name(zh="退回与重开", en="returned and reopened"),
    counts={
        "proposed": "resolutions proposed in the period",
        "returned": "of these, those that did not stand",
        "rejected": "of the returned, by the enterprise",
        "sent_back": "of the returned, by the verifier",
        "closed": _CLOSED,
        "reopened": "of these, those taken up again since",
    },
    ratios={"returned": ("returned", "proposed"), "reopened": ("reopened", "closed")},
    shares=closings.returned,
    kinds=CLOSES | {"resolution_proposed"},
)

_RESOLUTION = Definition(
    name="resolution",
    revision=1,
    title=Name(zh="办结结果", en="what results amount to"),
    counts={
        "closed": "strike-offs and confirmed withdrawals in the period",
    }
    | {each: f"of these, those whose result is of the class {each}" for each in RESULTS}
    | {"without_result": "of these, those that no result was proposed for"},
    ratios={each: (each, "closed") for each in RESULTS},
    shares=closings.resolution,
    kinds=CLOSES,
    excludes=True,
)

DEFINITIONS: tuple[Definition, ...] = (
    _ON_TIME,
    _STANDING,
    _TIME_TO_CLOSE,
    _SIGN_OFF,
    _RETURNED,
    replace(_ON_TIME, revision=2, excludes=True),
    replace(_TIME_TO_CLOSE, revision=2, excludes=True, ranked=True),
    replace(
        _SIGN_OFF,
        revision=2,
        counts={
            **_SIGN_OFF.counts,
            "satisfied": "of the answers with a figure, those with a 4 or a 5",
        },
        ratios={**_SIGN_OFF.ratios, "satisfied": ("satisfied", "satisfaction_given")},
        shares=closings.sign_off_satisfied,
        excludes=True,
    ),
    replace(_RETURNED, revision=2, excludes=True),
    _RESOLUTION,
    *figures_of_time.DEFINITIONS,
    *figures_of_moves.DEFINITIONS,
)
"""Every revision that this program can count."""
