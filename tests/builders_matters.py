"""The zone of `builders` with procedures of its own, and verbs to tell the story of a matter."""

import itertools
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import builders as b
import builders_zone as z
from pydantic import TypeAdapter

from domain.canonical import canonical
from domain.decisions.draft import RULES, Context
from domain.matters.commands import MATTER_SUBMISSION, MatterCommand, MatterSubmission
from domain.matters.decide import decide_matter
from domain.matters.draft import MatterDecision
from domain.matters.events import MATTER_EVENT, MatterEvent
from domain.matters.evolve import fold_matter
from domain.matters.state import MATTER, Matter
from domain.people import Actor, Officer
from domain.terms import Terms

KEY = "m-1"
ANY_COMMAND: TypeAdapter[MatterCommand] = TypeAdapter(MatterCommand)
_ids = itertools.count(1)


def name(text: str) -> dict[str, str]:
    """Return a name that is the same in both languages."""
    return {"zh": text, "en": text}


def terms_with(**tables: list[dict[str, Any]]) -> Terms:
    """Return the terms of the zone with these procedures, such as `grants=[{...}]`."""
    return z.terms_of(**tables)


def asked(**fields: Any) -> MatterCommand:
    """Return a command from its plain fields, `kind` among them."""
    return ANY_COMMAND.validate_python(fields)


def sent(
    command: MatterCommand,
    actor: Actor = b.COORDINATOR,
    *,
    key: str = KEY,
    id_: str | None = None,
    **more: Any,
) -> MatterSubmission:
    """Return `command` as it is sent; without `id_`, under an id of its own in this process."""
    return MATTER_SUBMISSION.validate_python(
        {
            "id": id_ or f"{command.kind}-{next(_ids)}",
            "zone": z.ZONE,
            "key": key,
            "actor": actor,
            "command": command,
            **more,
        }
    )


@dataclass(slots=True)
class MatterStory:
    """What happened to a matter so far."""

    terms: Terms
    now: Matter | None = None
    events: list[MatterEvent] = field(default_factory=list)

    @property
    def matter(self) -> Matter:
        """Return the matter; there has to be one."""
        assert self.now is not None
        return self.now

    def then(
        self, at: datetime, command: MatterCommand, actor: Officer | Actor = b.COORDINATOR
    ) -> "MatterStory":
        """Carry out a command; hold the fold of all events as they are kept against the matter as
        it is kept, to the character, and what is decided again against what was decided."""
        asked_as = sent(command, actor)
        decision = self._decided(at, asked_as)
        again = self._decided(at, MATTER_SUBMISSION.validate_json(canonical(asked_as)))
        told = [canonical(event) for event in decision.events]
        assert [canonical(event) for event in again.events] == told
        self.events += [MATTER_EVENT.validate_json(text) for text in told]
        folded = fold_matter(self.events, zone=z.ZONE, key=KEY, terms=self.terms.hash)
        assert folded is not None
        assert folded.model_dump_json() == decision.matter.model_dump_json()
        self.now = MATTER.validate_json(decision.matter.model_dump_json())
        return self

    def when(
        self, at: datetime, command: MatterCommand, actor: Actor = b.COORDINATOR, **more: Any
    ) -> MatterDecision:
        """Return what a command would come to."""
        return self._decided(at, sent(command, actor, **more))

    def _decided(self, at: datetime, submission: MatterSubmission) -> MatterDecision:
        context = Context(at=at, terms=self.terms, rules=RULES)
        return decide_matter(self.now, submission, context)
