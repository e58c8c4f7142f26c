"""What stands between an application and its approval, by the handbook's form (M34, Q44)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from domain.forms import Application, Item
from domain.handbook import Handbook
from domain.procedures import ApplicationRule


@dataclass(frozen=True, slots=True)
class Gate:
    """What an application lacks. `opens_on` is the local day before which it is not approved."""

    items: tuple[Item, ...]
    unsigned: tuple[str, ...]
    opens_on: date | None

    def is_open(self, day: date) -> bool:
        """Return whether nothing is missing on a local day."""
        waits = self.opens_on is not None and day < self.opens_on
        return not (self.items or self.unsigned or waits)


def form_of(handbook: Handbook, form: str) -> ApplicationRule | None:
    """Return the kind of application called `form`."""
    return next((rule for rule in handbook.applications if rule.id == form), None)


def batch_for(rule: ApplicationRule, claims: Collection[str]) -> str | None:
    """Return the first batch of all whose claims are made, None if there is no such batch."""
    fits = (batch.id for batch in rule.batches if set(batch.claims) <= set(claims))
    return next(fits, None)


def gate_of(application: Application, rule: ApplicationRule) -> Gate:
    """Return what an application lacks. Its checklist is that of its report; who signs and when its
    batch opens, the handbook says that holds now."""
    missing = set(application.missing)
    return Gate(
        items=tuple(item for item in application.items if item.id in missing),
        unsigned=application.unsigned(signer.id for signer in rule.signers),
        opens_on=_opens_on(rule, application.batch),
    )


def _opens_on(rule: ApplicationRule, batch: str | None) -> date | None:
    """What is in no batch does not overtake those that are: it waits for the last of them."""
    named = [each.opens_on for each in rule.batches if each.id == batch]
    if named:
        return named[0]
    return max((each.opens_on for each in rule.batches if each.opens_on), default=None)
