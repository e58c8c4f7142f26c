"""Lives as they are counted by hand: how an issue stood, which limits passed, how it ended.

Nothing here comes from `domain`.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from life_by_hand import (
    Json,
    Who,
    after,
    area_of,
    enterprise_of,
    first_state,
    ms_of,
    next_move_of,
    unit_or_post,
    worker_of,
)
from oracle import Oracle

MINUTE_MS = 60_000


class Hours:
    """How many minutes of a calendar are open, counted one by one from `since` on, and once."""

    def __init__(self, calendar: Json, since: datetime) -> None:
        self._from = round(since.timestamp() * 1000) // MINUTE_MS
        self._minutes = Oracle(calendar)._minutes(_at(self._from * MINUTE_MS))
        self._passed = [0]

    def open_ms(self, from_ms: int, to_ms: int) -> int:
        """Return how much between two instants is open."""
        return self._until(to_ms) - self._until(from_ms)

    def _until(self, ms: int) -> int:
        minute, rest = divmod(ms - self._from * MINUTE_MS, MINUTE_MS)
        assert minute >= 0, "hours are looked up from an earlier instant on"
        while len(self._passed) < minute + 2:
            is_open = next(self._minutes)[1]
            self._passed.append(self._passed[-1] + is_open)
        whole = self._passed[minute]
        return whole * MINUTE_MS + (self._passed[minute + 1] - whole) * rest


def _at(ms: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


@dataclass
class Entry:
    """What one issue gives to a figure for one holder."""

    who: Who
    counts: dict[str, int]
    state: Json
    lengths: dict[str, int] = field(default_factory=dict)
    excluded: bool = False

    def groups(self, dimension: str, book: Json) -> list[tuple[str, ...]]:
        """Return the groups of a dimension that it belongs to."""
        firm = enterprise_of(book, self.state["enterprise"])
        if dimension == "list":
            lists = [(each["id"],) for each in book.get("lists", ())]
            members = {each["id"]: each["members"] for each in book.get("lists", ())}
            return [each for each in lists if firm["id"] in members[each[0]]] or [()]
        segment = firm.get("segment")
        return [
            {
                "zone": (self.state["zone"],),
                "area": (area_of(book, firm["grid"]),),
                "grid": (firm["grid"],),
                "tier": (str(self.state["tier"]),),
                "unit": self.who,
                "category": (self.state["category"],),
                "segment": () if segment is None else (segment,),
            }[dimension]
        ]


@dataclass
class Life:
    """One issue: its events, and how it stood before and after each."""

    events: list[Json]
    book: Json
    hours: Hours
    zone: str
    states: list[Json] = field(init=False)
    ats: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.states = [first_state(self.events[0], self.zone)]
        for event in self.events[1:]:
            self.states.append(after(self.states[-1], event))
        self.ats = [ms_of(event["at"]) for event in self.events]

    def found(self, number: int) -> Json:
        """Return the issue as an event found it; the report, as it left it."""
        return self.states[max(0, number - 1)]

    def worker(self, number: int) -> Who:
        return worker_of(self.found(number), self.book)

    def breaches(self) -> list[Json]:
        """Return the passed limits that count: each with event, clock and whom it falls to."""
        facts: list[Json] = []
        for number, event in enumerate(self.events):
            for move in event["body"].get("clocks", ()):
                aim = move.get("retarget") or {}
                undone, again = aim.get("breach_undone", False), aim.get("breached_at")
                mine = [f for f in facts if (f["clock"], f["cycle"]) == _cycle(move)]
                if mine and (undone or again is not None):
                    mine[-1]["undone"] = bool(undone)
            body = event["body"]
            if event["kind"] != "rung_fired" or body.get("percent") != 100:
                continue
            due = body["clock"], body["cycle"], body["due_at"]
            told = any((f["clock"], f["cycle"], f["due"]) == due for f in facts)
            who = self._charged(number, body["clock"])
            before = self.states[number - 1]["clocks"][body["clock"]]
            if told or who is None or before["born_breached"]:
                continue
            fact = {"clock": due[0], "cycle": due[1], "due": due[2], "undone": False}
            facts.append(fact | {"number": number, "who": who})
        return [fact for fact in facts if not fact["undone"]]

    def _charged(self, number: int, clock: str) -> Who | None:
        state, pieces = self.states[number - 1], clock.split(".", 2)
        if len(pieces) == 3:
            return self._charged_of_part(state, pieces[0], pieces[2])
        who = next_move_of(state, self.book)
        if who[0] == "arbiter":
            return unit_or_post(self.book, who[1])
        return who if who[0] in ("unit", "post") else None

    def _charged_of_part(self, state: Json, rule: str, part_id: str) -> Who | None:
        part = None if state["team"] is None else state["team"]["parts"].get(part_id)
        rules = self.book.get("joint_team") or {}
        if rule == rules.get("objection"):
            return None
        if rule == rules.get("ruling"):
            arbiter = None if part is None else part["arbiter"]
            return None if arbiter is None else unit_or_post(self.book, arbiter)
        for body in self.book.get("units", ()):
            if part is not None and body["id"] == part["unit"] and not body.get("external"):
                return "unit", body["id"]
        return None

    def ends(self, outcomes: tuple[str, ...]) -> list[Json]:
        """Return the close-outs: from which event on, what was said, whether it lasted."""
        found: list[Json] = []
        begun, answers = 0, []
        drawn: dict[str, Json] = {}
        for number, event in enumerate(self.events):
            kind, body = event["kind"], event["body"]
            if kind == "issue_reopened":
                begun = number
                if found:
                    found[-1]["reopened"] = True
            elif kind in ("sign_off_answered", "resolution_rejected"):
                answers.append(body)
            elif kind == "issue_closed_out" and body["outcome"] in outcomes:
                end = {
                    "number": number,
                    "begun": begun,
                    "answers": answers,
                    "said": body["sign_off"],
                }
                found.append(end | {"reopened": False, "disputed": False})
                answers = []
            elif kind == "callback_drawn" and found:
                drawn[body["draw"]] = found[-1]
            elif kind == "sign_off_disputed" and body["draw"] in drawn:
                drawn[body["draw"]]["disputed"] = True
        return found

    def struck_off(self) -> list[Json]:
        return self.ends(("closed_out", "closed_by_review"))

    def corrected(self) -> dict[int, int]:
        """Return when events took place, by the last word on each."""
        meant: dict[int, int] = {}
        found: dict[int, int] = {}
        for number, event in enumerate(self.events):
            if event["kind"] == "fact_corrected":
                version = event["body"]["version"] - 1
                meant[number] = meant.get(version, version)
                found[meant[number]] = ms_of(event["body"]["took_place_at"])
        return found


def _cycle(move: Json) -> tuple[str, int]:
    return move["clock"], move["cycle"]
