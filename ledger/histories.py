"""What the sweep and the auditor ask of the archive of workflow histories."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ledger.port import HistoryRow


class Histories(Protocol):
    """Closed runs, each kept once."""

    async def put_history(self, row: "HistoryRow") -> bool:
        """Keep a run's history; return whether it was new."""
        ...

    async def archived(self, run_ids: Sequence[str]) -> set[str]:
        """Return those of `run_ids` whose history is archived."""
        ...

    async def histories(self, workflow_id: str | None = None) -> "list[HistoryRow]":
        """Return the archived histories, of one workflow or of all."""
        ...

    async def archived_workflows(self, after: str, limit: int) -> list[str]:
        """Return the ids of workflows with an archived history, in order, after the id `after`."""
        ...
