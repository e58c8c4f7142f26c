"""What a handbook that is laid out would change, in words."""

from collections.abc import Iterable, Sequence

from console.queries.handbook import DIFFERENCES_SHOWN_MAX, DifferenceLine, told_difference
from console.queries.handbook_words import Speaker
from desk.handbooks import Foreseen
from desk.publishing import leads, oversees
from domain.handbook import Handbook
from domain.handbook_diff import differences
from domain.staffing import Post
from face.words import Language


def changes(foreseen: Foreseen, language: Language) -> tuple[Sequence[DifferenceLine], int]:
    """Return in what a proposed handbook differs from the one in force, and how many differences
    are not shown."""
    if foreseen.present is None:
        return (), 0
    new = foreseen.terms.handbook
    found = differences(foreseen.present.terms.handbook, new)
    speaker = Speaker(new, language)
    shown = tuple(told_difference(speaker, each) for each in found[:DIFFERENCES_SHOWN_MAX])
    return shown, max(0, len(found) - DIFFERENCES_SHOWN_MAX)


def publishing_posts(posts: Iterable[Post], handbook: Handbook) -> list[Post]:
    """Return the posts that may lay out and approve a handbook."""
    return [each for each in posts if oversees(each) or leads(each, handbook)]
