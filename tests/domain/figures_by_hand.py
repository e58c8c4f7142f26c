"""Every figure counted a second time, by plain loops over the JSON of events.

Nothing here comes from `domain`, and nothing from what it is held against. A figure is a list of
entries, each of one holder: what it counts, its lengths in milliseconds, the groups it belongs to.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from counted_lives import Entry, Life
from life_by_hand import (
    Json,
    Who,
    ms_of,
    next_move_of,
    place_of,
    worker_of,
)

SAID = (
    "accepted",
    "rejected",
    "deemed_accepted",
    "accepted_by_proxy",
    "unreachable",
    "withdrawn",
)
NEVER_LEFT_OUT = ("standing", "load")

Within = Callable[[int], bool]


def figures_of(life: Life, from_ms: int, to_ms: int) -> dict[str, list[Entry]]:
    """Return what an issue gives to every figure over a period."""

    def within(number: int) -> bool:
        return from_ms <= life.ats[number] < to_ms

    found = {
        "on_time": list(_on_time(life, within)),
        "standing": list(_standing(life, within, to_ms)),
        "time_to_close": list(_time_to_close(life, within)),
        "sign_off": list(_sign_off(life, within)),
        "returned": list(_returned(life, within)),
        "resolution": list(_resolution(life, within)),
        "response": list(_response(life, within)),
        "time_held": list(_time_held(life, from_ms, to_ms)),
        "load": list(_load(life, within, to_ms)),
        **_moves(life, within, from_ms, to_ms),
    }
    for name, entries in found.items():
        for each in life.states[-1]["exclusions"].values():
            if name not in NEVER_LEFT_OUT and each["counts"]:
                left_out = not each["figures"] or name in each["figures"]
                for entry in entries:
                    entry.excluded = entry.excluded or left_out
    return found


def _on_time(life: Life, within: Within) -> Iterator[Entry]:
    verdicts: dict[tuple[str, int], str] = {}
    for event in life.events:
        for move in event["body"].get("clocks", ()):
            if move.get("verdict") is not None:
                ended = move["cycle"] - (1 if move["move"] == "reset" else 0)
                verdicts[move["clock"], ended] = move["verdict"]
    for end in life.struck_off():
        if not within(end["number"]):
            continue
        own = [f for f in life.breaches() if end["begun"] < f["number"] <= end["number"]]
        state = life.found(end["number"])
        counts = {"closed": 1, "late" if own else "on_time": 1}
        yield Entry(life.worker(end["number"]), counts, state)
        for fact in own:
            verdict = verdicts.get((fact["clock"], fact["cycle"]), "none")
            yield Entry(fact["who"], {"breaches": 1, f"breaches_{verdict}": 1}, state)


def _standing(life: Life, within: Within, to_ms: int) -> Iterator[Entry]:
    last = None
    for number, state in enumerate(life.states):
        if life.ats[number] >= to_ms:
            break
        last = state
        if within(number) and number == 0:
            yield Entry(worker_of(state, life.book), {"reported": 1}, state)
        elif within(number) and life.states[number - 1]["open"] and not state["open"]:
            counts = {"closed": 1, f"closed_{state['outcome']}": 1}
            yield Entry(life.worker(number), counts, life.found(number))
    if last is not None and last["open"]:
        name = "parked" if last["phase"] == "parked" else "open"
        yield Entry(worker_of(last, life.book), {name: 1}, last)


def _time_to_close(life: Life, within: Within) -> Iterator[Entry]:
    moved = life.corrected()
    for end in life.struck_off():
        if not within(end["number"]):
            continue
        begun, ended = end["begun"], end["number"]
        from_ms = moved.get(begun, life.ats[begun])
        to_ms = max(from_ms, moved.get(ended, life.ats[ended]))
        counts = {"closed": 1, "corrected": int(begun in moved or ended in moved)}
        lengths = {"wall_ms": to_ms - from_ms, "working_ms": life.hours.open_ms(from_ms, to_ms)}
        yield Entry(life.worker(ended), counts, life.found(ended), lengths)


def _sign_off(life: Life, within: Within) -> Iterator[Entry]:
    for end in life.ends(("closed_out", "closed_by_review", "withdrawn")):
        if not within(end["number"]):
            continue
        said = end["said"]
        accepted = said == "accepted" and not end["disputed"]
        counts = Counter({"closed": 1, said: 1, "asked": int(said in SAID)})
        counts |= Counter(disputed=int(end["disputed"]), accepted_undisputed=int(accepted))
        for answer in end["answers"]:
            if answer.get("outcome") == "unreachable":
                continue
            counts["answers"] += 1
            figure = answer.get("satisfaction")
            if figure is not None:
                counts["satisfaction_given"] += 1
                counts["satisfaction_sum"] += figure
                counts["satisfied"] += figure in (4, 5)
        yield Entry(life.worker(end["number"]), dict(counts), life.found(end["number"]))


def _resolution(life: Life, within: Within) -> Iterator[Entry]:
    for end in life.ends(("closed_out", "closed_by_review", "withdrawn")):
        if within(end["number"]):
            state = life.found(end["number"])
            signed = state["sign_off"]
            named = "without_result" if signed is None else signed["result"]
            yield Entry(life.worker(end["number"]), {"closed": 1, named: 1}, state)


def _returned(life: Life, within: Within) -> Iterator[Entry]:
    for end in life.struck_off():
        if within(end["number"]):
            counts = {"closed": 1, "reopened": int(end["reopened"])}
            yield Entry(life.worker(end["number"]), counts, life.found(end["number"]))
    proposed = None
    for number, event in enumerate(life.events):
        kind = event["kind"]
        if kind == "resolution_proposed":
            proposed = number
            if within(number):
                yield Entry(life.worker(number), {"proposed": 1}, life.found(number))
        elif kind in ("resolution_rejected", "resolution_sent_back") and proposed is not None:
            if within(proposed):
                counts = {"returned": 1, kind.removeprefix("resolution_"): 1}
                yield Entry(life.worker(proposed), counts, life.found(proposed))
            proposed = None
        elif kind in ("issue_withdrawn", "issue_closed_out"):
            proposed = None


def _response(life: Life, within: Within) -> Iterator[Entry]:
    if not within(0):
        return
    started = [m["clock"] for m in life.events[0]["body"].get("clocks", ()) if m["move"] == "start"]
    last, breaches = life.states[-1], life.breaches()
    for number, event in enumerate(life.events):
        if event["kind"] not in ("issue_accepted", "issue_turned_away", "enterprise_contacted"):
            continue
        ended = [m["clock"] for m in event["body"].get("clocks", ()) if m["move"] == "stop"]
        limits = [clock for clock in ended if clock in started]
        if not limits:
            continue
        late = any(f["clock"] in limits and f["number"] <= number for f in breaches)
        counts = {"reported": 1, "due": 1, "answered": 1, "late" if late else "in_time": 1}
        from_ms, to_ms = life.ats[0], life.ats[number]
        lengths = {"wall_ms": to_ms - from_ms, "working_ms": life.hours.open_ms(from_ms, to_ms)}
        yield Entry(life.worker(number), counts, life.found(number), lengths)
        return
    taken = any(e["kind"] in ("issue_accepted", "issue_turned_away") for e in life.events)
    counts = {"reported": 1}
    if taken:
        counts["without_limit"] = 1
    elif not last["open"]:
        counts["ended"] = 1
    elif any(fact["clock"] in started for fact in breaches):
        counts |= {"overdue": 1, "due": 1}
    else:
        counts["waiting"] = 1
    yield Entry(worker_of(last, life.book), counts, last)


def _stretches(life: Life, from_ms: int, to_ms: int) -> Iterator[tuple[int, int, Json]]:
    """Yield how the issue stood, event by event, as far as that lies in the period."""
    for number, state in enumerate(life.states):
        end = life.ats[number + 1] if number + 1 < len(life.ats) else to_ms
        start, end = max(life.ats[number], from_ms), min(end, to_ms)
        if state["open"] and start < end:
            yield start, end, state


def _time_held(life: Life, from_ms: int, to_ms: int) -> Iterator[Entry]:
    """Piece by piece: whose it was on any clock, and whose of the time that counts."""
    faults = [
        (ms_of(event["body"]["due_at"]), life.ats[number])
        for number, event in enumerate(life.events)
        if event["kind"] == "rung_fired" and event["body"].get("late_by_us")
    ]
    wall: Counter[tuple[Who, int]] = Counter()
    working: Counter[tuple[Who, int]] = Counter()
    states: dict[tuple[Who, int], Json] = {}
    for start, end, state in _stretches(life, from_ms, to_ms):
        who = next_move_of(state, life.book), state["tier"]
        states[who] = state
        wall[who] += end - start
        runs = [clock for clock in state["clocks"].values() if clock["runs"]]
        day_and_night = any(c["basis"] == "wall" and c["length"] != "natural_days" for c in runs)
        for left, right, late in _pieces(start, end, faults):
            ms = right - left if day_and_night else life.hours.open_ms(left, right)
            has = (("platform", "closeout"), state["tier"]) if late else who
            if ms:
                states.setdefault(has, state)
                working[has] += ms
    for key, state in states.items():
        lengths = {"working_ms": working[key]}
        if key in wall:
            lengths["wall_ms"] = wall[key]
        yield Entry(key[0], {"held": 1}, state, lengths)


def _pieces(start: int, end: int, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int, bool]]:
    """Yield a stretch piece by piece, and whether some span covers the piece."""
    edges = sorted({start, end, *(e for span in spans for e in span if start < e < end)})
    for left, right in pairwise(edges):
        yield left, right, any(span[0] <= left and right <= span[1] for span in spans)


def _load(life: Life, within: Within, to_ms: int) -> Iterator[Entry]:
    last = None
    for number, state in enumerate(life.states):
        if life.ats[number] >= to_ms:
            break
        was_open = number > 0 and life.states[number - 1]["open"]
        last = state
        if within(number) and state["open"] and not was_open:
            yield Entry(worker_of(state, life.book), {"opened": 1}, state)
        elif within(number) and was_open and not state["open"]:
            yield Entry(life.worker(number), {"closed": 1}, life.found(number))
    if last is None or not last["open"]:
        return
    if last["phase"] == "parked":
        yield Entry(worker_of(last, life.book), {"parked": 1}, last)
        return
    overdue = any(clock["live"] and clock["breached"] for clock in last["clocks"].values())
    counts = {"open": 1, f"open_tier_{last['tier']}": 1, "overdue": int(overdue)}
    yield Entry(next_move_of(last, life.book), counts, last)


def _moves(life: Life, within: Within, from_ms: int, to_ms: int) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {
        name: [] for name in ("escalations", "hand_overs", "ping_pong", "breaches_by_tier")
    }
    had: set[Who] = set()
    for number, event in enumerate(life.events):
        if number == 0:
            continue
        kind, before, now = event["kind"], life.states[number - 1], life.states[number]
        if now["open"] and not before["open"]:
            had = set()
        if kind == "issue_escalated" and within(number):
            why = "by_people" if event["body"].get("passed") is None else "by_time"
            counts = {"escalations": 1, f"escalations_to_{event['body']['to_tier']}": 1, why: 1}
            found["escalations"].append(Entry(worker_of(before, life.book), counts, before))
        if not (before["open"] and now["open"]):
            continue
        giver, taker = place_of(before, life.book), place_of(now, life.book)
        if giver == taker:
            continue
        had.add(giver)
        if within(number):
            counts = {"moves": 1, "returns": int(taker in had)}
            found["ping_pong"].append(Entry(giver, counts, before))
            first = kind in ("issue_accepted", "issue_routed")
            if before["tier"] == now["tier"] and not first:
                found["hand_overs"].append(Entry(giver, {"hand_overs": 1}, before))
    for fact in life.breaches():
        if within(fact["number"]):
            before = life.states[fact["number"] - 1]
            counts = {"breaches": 1, f"breaches_tier_{before['tier']}": 1}
            found["breaches_by_tier"].append(Entry(fact["who"], counts, before))
    _of_issues(life, found, from_ms, to_ms)
    return found


def _of_issues(life: Life, found: dict[str, list[Entry]], from_ms: int, to_ms: int) -> None:
    """Add the issue itself, and each holder that had it, wherever it was open in the period."""
    there = []
    for number, state in enumerate(life.states):
        gone = number + 1 < len(life.ats) and life.ats[number + 1] < from_ms
        at_work = state["open"] and state["phase"] != "parked"
        if at_work and not gone and life.ats[number] < to_ms:
            there.append(state)
    if not there:
        return
    flags = {
        "escalations": ("escalated", bool(found["escalations"])),
        "hand_overs": ("handed_over", bool(found["hand_overs"])),
        "ping_pong": ("returned", any(e.counts["returns"] for e in found["ping_pong"])),
        "breaches_by_tier": ("breached", bool(found["breaches_by_tier"])),
    }
    for name, (flag, known) in flags.items():
        counts = {"issues": 1, flag: int(known)}
        found[name].append(Entry(worker_of(there[-1], life.book), counts, there[-1]))
        holders = {worker_of(state, life.book): state for state in there}
        for who, state in holders.items():
            found[name].append(Entry(who, {"holdings": 1}, state))


def tally(entries: list[Entry]) -> dict[str, Any]:
    """Return what entries sum to: counts that are not 0, those left out, and lengths in order."""
    counts: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    lengths: dict[str, list[int]] = {}
    for each in entries:
        (left_out if each.excluded else counts).update(each.counts)
        for name, ms in each.lengths.items():
            if each.excluded:
                left_out[name] += 1
            else:
                lengths.setdefault(name, []).append(ms)
    return {
        "counts": {name: count for name, count in counts.items() if count},
        "excluded": {name: count for name, count in left_out.items() if count},
        "lengths": {name: sorted(values) for name, values in lengths.items()},
    }


def at_percent(lengths: list[int], percent: int) -> int:
    """Return the smallest length that at least so many in a hundred of them do not exceed."""
    return next(
        each
        for each in sorted(lengths)
        if 100 * sum(other <= each for other in lengths) >= percent * len(lengths)
    )
