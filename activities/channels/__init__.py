"""Ways to reach people. A channel raises when it could not deliver; it is then tried again."""

from typing import Protocol

from domain.view import IssueView


class Channel(Protocol):
    """One way to reach an addressee."""

    async def deliver(self, addressee: str, kind: str, issue: IssueView) -> None:
        """Tell `addressee` (a post or an enterprise) that `kind` happened to `issue`."""
        ...
