"""Who is believed at the desk, through either door: the word of faces that are trusted."""

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from domain.commands import Submission
from domain.errors import NotPermittedError
from domain.matters.commands import MatterSubmission
from domain.order_commands import OrderSubmission
from domain.people import Engine
from domain.vouching import Faces, Sent
from ledger.vouching import wrong_with

if TYPE_CHECKING:
    from desk.sealing import Sealer
    from ledger.port import Ledger


class Speaker(Protocol):
    """A face that can give its word."""

    @property
    def id(self) -> str:
        """The id of its key."""
        ...

    def vouch(self, submission: Sent, principal: str) -> Sent:
        """Return the submission with the face's word that `principal` sent it."""
        ...


class Keys(Protocol):
    """Where the desk finds whom to believe, and the face that this process itself is."""

    def trusted(self) -> Faces:
        """Return whose word is taken now."""
        ...

    def own(self) -> Speaker | None:
        """Return the face of this process; None if it has no key."""
        ...


class NoKeys:
    """Nobody is trusted: a desk that takes actors at their own word, as in the embedded mode."""

    def trusted(self) -> Faces:
        """Return that nobody is."""
        return {}

    def own(self) -> None:
        """Return that there is none."""


class Vouching:
    """Checks every word that a command bears, before anything is decided.

    `wanted`: a command without one is refused. `speaks_as`: what comes through door 1 of this
    process without a word is vouched for by its own key, under that name: the command line, whose
    user has the key's file.
    """

    def __init__(
        self, keys: Keys | None = None, *, wanted: bool = False, speaks_as: str | None = None
    ) -> None:
        self.keys = keys or NoKeys()
        self.wanted = wanted
        self.speaks_as = speaks_as

    async def received(
        self,
        submission: Submission,
        sealer: "Sealer",
        ledger: "Ledger",
        at: datetime,
        *,
        by_workflow: bool,
    ) -> Submission:
        """Return what a door was handed: its word checked, its personal texts sealed, and the word
        given anew where sealing changed what it was given for. Raises NotPermittedError,
        InvalidRequestError."""
        if not by_workflow and self.speaks_as is not None:
            submission = self.spoken(submission, self.speaks_as)
        self._require(submission, at)
        sealed = await sealer.received(submission, ledger, by_workflow=by_workflow)
        vouch = submission.vouched
        if vouch is None or sealed.command == submission.command:
            return sealed
        own = self.keys.own()
        if own is None or own.id != vouch.by:
            raise NotPermittedError(
                "What another face vouches for has its personal texts sealed already: what it "
                "signed is what is kept.",
                field="vouched.by",
                value=vouch.by,
            )
        return own.vouch(sealed, vouch.principal)

    def received_order(self, submission: OrderSubmission, at: datetime) -> OrderSubmission:
        """Return what the door of orders was handed: its word checked. No text of it is personal.
        Raises NotPermittedError."""
        if self.speaks_as is not None:
            submission = self.spoken(submission, self.speaks_as)
        self._require(submission, at)
        return submission

    def received_matter(self, submission: MatterSubmission, at: datetime) -> MatterSubmission:
        """Return what the door of matters was handed: its word checked. No text of it is personal.
        Raises NotPermittedError."""
        if self.speaks_as is not None:
            submission = self.spoken(submission, self.speaks_as)
        self._require(submission, at)
        return submission

    def spoken(self, submission: Sent, principal: str) -> Sent:
        """Return a submission that bears no word with that of this process, if it can give one."""
        own = self.keys.own()
        if submission.vouched is not None or own is None or isinstance(submission.actor, Engine):
            return submission
        return own.vouch(submission, principal)

    def _require(
        self, submission: Submission | OrderSubmission | MatterSubmission, at: datetime
    ) -> None:
        vouch = submission.vouched
        if vouch is None:
            if self.wanted and not isinstance(submission.actor, Engine):
                raise NotPermittedError(
                    "Nobody vouches for the actor, and here that is asked of every command.",
                    field="vouched",
                    allowed="the word of a trusted face",
                )
            return
        wrong = wrong_with(submission, vouch, self.keys.trusted(), at)
        if wrong is not None:
            raise NotPermittedError(
                f"The word of {vouch.by} is not taken: {wrong.message}.",
                field=wrong.field,
                value=vouch.by,
            )
