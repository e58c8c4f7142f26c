"""What is carried from stream to stream while a ledger is verified: how deep, and what adds up."""

from dataclasses import dataclass
from datetime import datetime

from audit.kin import KinBalance
from audit.numbers import NumberTally
from audit.vouched import VouchTally
from domain.vouching import TrustedFace


@dataclass(frozen=True, slots=True)
class Depth:
    """How far a verification goes beyond what is kept: with `decisions`, each is made again; with
    `now`, each rung that was due by then is accounted for; with `faces`, the word that a command
    bears is held against those whose word was taken."""

    decisions: bool = False
    now: datetime | None = None
    faces: tuple[TrustedFace, ...] | None = None


SHALLOW = Depth()


class Across:
    """What streams say of each other, as far as they have been read: errands, and numbers given;
    and who vouched for what was asked of them."""

    def __init__(self) -> None:
        self.balance = KinBalance()
        self.numbers = NumberTally()
        self.vouches = VouchTally()

    def take_in(self, other: "Across") -> None:
        """Take in what was read of other streams."""
        self.balance.take_in(other.balance)
        self.numbers.take_in(other.numbers)
        self.vouches.take_in(other.vouches)
