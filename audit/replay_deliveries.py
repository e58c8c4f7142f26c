"""Notices in two records: delivered by the ledger, told by the histories."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pydantic import JsonValue

from audit.replay_acts import Act, End
from audit.replay_words import Mismatch
from ledger.port import NoticeRow

TELLING = {"tell", "tell_order", "tell_matter"}


class Deliveries:
    """The notices of one stream."""

    def __init__(self, stream: str, notices: Sequence[NoticeRow]) -> None:
        self._stream = stream
        self._notices = {notice.id: notice for notice in notices}
        self._told: dict[str, tuple[Act, str]] = {}
        self._perhaps: set[str] = set()
        self._late: dict[str, tuple[Act, str]] = {}
        self._named_before: set[str] = set()
        self._strange: list[Mismatch] = []

    @property
    def in_both(self) -> int:
        """Return how many notices both records call told."""
        told = self._told.keys() & self._notices.keys()
        return sum(self._notices[id_].delivered_at is not None for id_ in told)

    def take(self, act: Act) -> None:
        """Note which notices an activity or a marker names; other activities are passed by."""
        if act.local and act.name == "tell_at_once":
            self._take_marker(act)
        elif act.name in TELLING:
            for id_ in _ids(act.sent[0] if act.sent else None):
                if act.end is End.DONE:
                    self._told.setdefault(id_, (act, "input"))
                else:
                    self._perhaps.add(id_)

    def _take_marker(self, act: Act) -> None:
        if act.end is not End.DONE:
            return  # what it told or did not is asked for again, by activities
        if isinstance(act.answer, list):
            if act.run_id in self._named_before:
                said = "it does not name what it told, and one before it does"
                self._note(act, "", "result", said)
            return
        self._named_before.add(act.run_id)
        if not isinstance(act.answer, dict):
            self._note(act, "", "result", "it does not say what it told")
            return
        for id_ in _ids(act.answer.get("told")):
            self._told.setdefault(id_, (act, "result.told"))
        for id_ in _ids(act.answer.get("late")):
            self._late.setdefault(id_, (act, "result.late"))

    def missing(self) -> dict[str, datetime]:
        """Return when those were delivered by the ledger that no history calls told."""
        return {
            notice.id: notice.delivered_at
            for notice in self._notices.values()
            if notice.delivered_at is not None
            and notice.id not in self._told
            and notice.id not in self._perhaps
        }

    def found(self) -> Iterator[Mismatch]:
        """Yield what histories name and the ledger does not know, or does not call delivered."""
        yield from self._strange
        for id_, (act, path) in (self._late | self._told).items():
            notice = self._notices.get(id_)
            if notice is None:
                yield self._mismatch(act, id_, path, "the ledger has no such notice of this stream")
            elif id_ in self._told and notice.delivered_at is None:
                said = "told by the history, and by the ledger not delivered"
                yield self._mismatch(act, id_, path, said)

    def _note(self, act: Act, id_: str, path: str, message: str) -> None:
        self._strange.append(self._mismatch(act, id_, path, message))

    def _mismatch(self, act: Act, id_: str, path: str, message: str) -> Mismatch:
        place = (act.run_id, act.event_id, path, message)
        return Mismatch("delivery", self._stream, id_, *place)


def _ids(plain: JsonValue) -> list[str]:
    """Return the ids in an input or result, whether it names one notice or several."""
    named = [plain] if isinstance(plain, str) else plain
    return [id_ for id_ in named if isinstance(id_, str)] if isinstance(named, list) else []
