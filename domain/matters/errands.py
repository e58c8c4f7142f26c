"""What an event of a matter has to have done elsewhere: an issue is opened for each problem found.

An errand runs after the event, under an id that its cause alone gives: once, however often tried.
"""

from collections.abc import Iterator

from domain.commands import REPORTERS_MAX, Report, Submission
from domain.errands import ERRAND_PREFIX
from domain.matters.events import MatterEvent
from domain.matters.matter import Found
from domain.matters.state import Matter
from domain.model import Frozen, Key
from domain.people import ENGINE, identities_of


class MatterErrand(Frozen):
    """A report of issue `to`, because of event `version` of a matter's stream; `number` counts
    those of one event."""

    zone: str
    stream: str
    version: int
    number: int
    to: Key
    command: Report

    @property
    def id(self) -> str:
        """Return the id of the command: the same whenever the errand is worked out again."""
        return f"{ERRAND_PREFIX}{self.stream}/{self.version}/{self.number}"

    @property
    def submission(self) -> Submission:
        """Return what is sent to the desk."""
        return Submission(
            id=self.id, zone=self.zone, key=self.to, actor=ENGINE, command=self.command
        )


def errands_of_matter(event: MatterEvent, matter: Matter) -> Iterator[MatterErrand]:
    """Yield what `event` has to have done; `matter` is the matter after it, so at its version."""
    people = identities_of(event.by)[:REPORTERS_MAX]
    for number, found in enumerate(event.found, start=1):
        yield MatterErrand(
            zone=matter.zone,
            stream=matter.stream,
            version=matter.version,
            number=number,
            to=found.issue,
            command=_report(found, matter.key, people),
        )


def _report(found: Found, matter: str, people: tuple[str, ...]) -> Report:
    return Report(
        enterprise=found.enterprise,
        category=found.category,
        title=found.title,
        text=found.text,
        origin=found.origin,
        priority=found.priority,
        report_id=found.report_id,
        reporters=people,
        matter=matter,
    )
