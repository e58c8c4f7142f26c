"""An issue followed by hand through the JSON of its events: plain loops over plain values.

Nothing here comes from `domain`: what figures count is counted from this a second time.
"""

from datetime import datetime
from typing import Any

Json = dict[str, Any]
Who = tuple[str, str]
CLOSING = ("issue_turned_away", "issue_closed_out", "merged_into")
RULING = ("issue_withdrawn", "resolution_rejected", "resolution_sent_back")


def ms_of(text: str) -> int:
    """Return an instant in milliseconds since 1970."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def unit_or_post(book: Json, post_id: str) -> Who:
    """Return the unit that a post belongs to, or the post."""
    for post in book["posts"]:
        if post["id"] == post_id and post.get("unit") is not None:
            return "unit", post["unit"]
    return "post", post_id


def enterprise_of(book: Json, id_: str) -> Json:
    return next(each for each in book["enterprises"] if each["id"] == id_)


def area_of(book: Json, grid_id: str) -> str:
    return str(next(each["area"] for each in book["grids"] if each["id"] == grid_id))


def chain_of(book: Json, enterprise: str, tier: int) -> list[Json]:
    """Return the posts of a tier over an enterprise, the accountable one first."""
    firm = enterprise_of(book, enterprise)
    posts = {post["id"]: post for post in book["posts"]}
    sponsors = [posts[id_] for id_ in firm.get("sponsors", ())]
    found = [post for post in sponsors if post.get("tier") == tier]
    for place in (firm["grid"], area_of(book, firm["grid"]), book["zone"]):
        for post in book["posts"]:
            if post.get("tier") == tier and post["covers"] == place and post not in found:
                found.append(post)
    return found


def first_state(event: Json, zone: str) -> Json:
    """Return an issue as its report leaves it."""
    body, actor = event["body"], event["actor"]
    ordered = body.get("rectify") is not None
    state: Json = {
        "zone": zone,
        "phase": "intake",
        "open": True,
        "outcome": None,
        "tier": body["tier"],
        "owner": body["owner"],
        "handler": body["owner"],
        "unit": None,
        "category": body["category"],
        "enterprise": body["enterprise"],
        "pause": None,
        "dispatch": None,
        "review": False,
        "ruled": False,
        "sign_off": None,
        "rectify": {"post": actor.get("post")} if ordered else None,
        "team": None,
        "clocks": {},
        "exclusions": {},
    }
    _move_clocks(state, event)
    return state


def after(state: Json, event: Json) -> Json:
    """Return an issue after one more event."""
    state = {**state, "clocks": {id_: dict(clock) for id_, clock in state["clocks"].items()}}
    kind, body = event["kind"], event["body"]
    if kind == "issue_put_to_review":
        state["ruled"] = False
    elif kind in RULING:
        state["ruled"] = True
    _of_the_work(state, kind, body)
    _of_sign_off(state, kind, body, event["actor"])
    _of_the_team(state, kind, body)
    _of_exclusions(state, kind, body)
    if kind in CLOSING or (kind == "issue_withdrawn" and body["closes"]):
        outcome = {"issue_turned_away": "turned_away", "merged_into": "merged"}.get(kind)
        outcome = outcome or body.get("outcome") or "withdrawn"
        state |= {"phase": "closed", "open": False, "outcome": outcome, "pause": None}
    if kind == "rung_fired" and body.get("percent") == 100:
        clock = state["clocks"].get(body["clock"])
        if clock is not None and clock["cycle"] == body["cycle"]:
            clock["breached"] = True
    _move_clocks(state, event)
    return state


def _of_the_work(state: Json, kind: str, body: Json) -> None:  # noqa: C901, PLR0912  # one case an event
    if kind == "issue_accepted":
        state |= {"phase": "handling", "category": body["category"], "review": False}
        state["handler"] = body["handler"]
    elif kind in ("issue_assigned", "issue_handed_over", "issue_routed"):
        state |= {"handler": body["handler"], "unit": body.get("unit")}
        refusable = body.get("refusable", False) and body.get("unit") is not None
        state["dispatch"] = {"arbiter": None} if refusable else None
    elif kind in ("issue_escalated", "issue_deescalated"):
        state |= {"tier": body["to_tier"], "owner": body["owner"], "handler": body["owner"]}
        state |= {"unit": None, "review": False, "pause": None, "dispatch": None}
    elif kind == "issue_paused":
        state["pause"] = {"reason": body["reason"], "party": body.get("party")}
    elif kind == "issue_resumed":
        state["pause"] = None
    elif kind == "issue_put_to_review":
        state["review"] = True
    elif kind == "issue_parked":
        state |= {"phase": "parked", "pause": None}
    elif kind == "issue_unparked":
        state["phase"] = "handling"
    elif kind == "issue_reclassified":
        state["category"] = body["to_category"]
    elif kind == "instruction_given" and body.get("handler") is not None:
        state |= {"handler": body["handler"], "unit": body.get("unit"), "dispatch": None}
    elif kind == "dispatch_refused" and state["dispatch"] is not None:
        state["dispatch"] = {"arbiter": body["arbiter"]}
    elif kind in ("dispatch_ruled", "dispatch_bound") and state["dispatch"] is not None:
        state |= {"dispatch": {"arbiter": None}, "handler": body["handler"], "unit": body["unit"]}
    elif kind == "issue_reopened":
        state |= {"phase": "handling", "open": True, "outcome": None, "tier": body["tier"]}
        state |= {"owner": body["owner"], "handler": body["owner"], "unit": None}
        state |= {"sign_off": None, "review": False, "dispatch": None}
        if body.get("mode") != "resume":
            state["team"] = None
    elif kind == "issue_unmerged":
        state |= {"phase": body["phase"], "open": True, "outcome": None}


def _of_sign_off(state: Json, kind: str, body: Json, actor: Json) -> None:
    said = state["sign_off"]
    if kind in ("resolution_proposed", "rectification_declared"):
        result = body["resolution"]["result"] if "resolution" in body else "solved"
        who = [actor.get("person"), actor.get("on_behalf_of"), *body.get("proposers", ())]
        state |= {"phase": "sign_off", "review": False, "pause": None}
        state["sign_off"] = {"result": result, "said": None, "tier": state["tier"], "who": who}
    elif kind == "sign_off_answered" and said is not None:
        state["sign_off"] = {**said, "said": body["outcome"]}
    elif kind == "sign_off_lapsed" and said is not None:
        state["sign_off"] = {**said, "said": "deemed_accepted"}
    elif kind == "resolution_rejected":
        state["phase"] = "handling"
        state["sign_off"] = None if said is None else {**said, "said": "rejected"}
    elif kind == "resolution_sent_back":
        state["phase"] = "handling"
    elif kind == "rectification_failed":
        state |= {"phase": "handling", "sign_off": None}
    elif kind == "closing_review_called":
        state["phase"] = "sign_off"
    elif kind == "issue_withdrawn" and not body["closes"]:
        pending = said if state["phase"] == "sign_off" else None
        who = [] if pending is None else pending["who"]
        withdrawn = {"result": "withdrawn", "said": "withdrawn", "tier": state["tier"], "who": who}
        state |= {"phase": "sign_off", "pause": None, "sign_off": withdrawn}
    elif kind == "issue_closed_out" and said is not None and said["said"] is None:
        state["sign_off"] = {**said, "said": body["sign_off"]}


def _of_the_team(state: Json, kind: str, body: Json) -> None:  # noqa: C901  # one case an event
    if kind == "team_convened":
        parts = {part["id"]: _part(part) for part in body["parts"]}
        rule = {"closes": body.get("closes"), "quorum": body.get("quorum"), "over": False}
        state["team"] = {"lead": body["lead"], "parts": parts, **rule}
        return
    team = state["team"]
    if team is None or not (kind.startswith("part_") or kind == "team_concluded"):
        return
    team = {**team, "parts": {id_: dict(part) for id_, part in team["parts"].items()}}
    state["team"] = team
    if kind == "part_added":
        team["parts"][body["part"]["id"]] = _part(body["part"])
        return
    if kind == "team_concluded":
        team["over"] = True
        for part in team["parts"].values():
            if part["stands"] == "owes":
                part |= {"stands": "settled", "arbiter": None}
        return
    part = team["parts"][body["part"]]
    if kind == "part_finished":
        part["stands"] = "finished"
    elif kind in ("part_waived", "part_left"):
        part |= {"stands": "settled", "arbiter": None}
    elif kind == "part_refused":
        part["arbiter"] = body.get("arbiter")
    elif kind == "part_replaced":
        part |= {"unit": body["unit"], "stands": "owes", "arbiter": None}
    elif kind == "part_ruled":
        part |= {"stands": "owes", "arbiter": None}
        if body["upheld"] and body.get("unit") is None:
            part["stands"] = "settled"
        elif body["upheld"]:
            part["unit"] = body["unit"]


def _part(asked: Json) -> Json:
    required = asked.get("required", True)
    return {"unit": asked["unit"], "required": required, "stands": "owes", "arbiter": None}


def _of_exclusions(state: Json, kind: str, body: Json) -> None:
    if kind == "exclusion_asked":
        asked = {"figures": body.get("figures", []), "counts": False}
        state["exclusions"] = {**state["exclusions"], body["exclusion"]: asked}
    elif kind in ("exclusion_reviewed", "exclusion_lifted"):
        number, accepted = body["exclusion"], body.get("accepted", False)
        judged = {**state["exclusions"][number], "counts": accepted}
        state["exclusions"] = {**state["exclusions"], number: judged}


def _move_clocks(state: Json, event: Json) -> None:
    for move in event["body"].get("clocks", ()):
        clock = state["clocks"].setdefault(move["clock"], {})
        if move["move"] in ("start", "reset"):
            run = move["run"]
            clock.clear()
            clock |= {"cycle": move["cycle"], "runs": True, "basis": run["basis"], "live": True}
            clock |= {"length": (run.get("duration") or {}).get("kind"), "rule": move["rule"]}
            clock |= {"breached": False, "born_breached": False}
        elif move["move"] in ("stop", "cancel"):
            clock |= {"runs": False, "live": False}
        elif move["move"] == "pause":
            clock["runs"] = False
        elif move["move"] == "resume":
            clock["runs"] = True
        aim = move.get("retarget")
        if aim is not None:
            clock["basis"] = aim["to"]["basis"]
            clock["length"] = (aim["to"].get("duration") or {}).get("kind")
            clock["born_breached"] = aim.get("born_breached", False)
            if aim.get("breach_undone"):
                clock["breached"] = False
            elif aim.get("breached_at") is not None:
                clock["breached"] = True


def owes_parts(state: Json) -> bool:
    """Return whether a joint team has still something to do."""
    team = state["team"]
    if team is None:
        return False
    owing = [part for part in team["parts"].values() if part["stands"] == "owes"]
    if team["closes"] in (None, "all_required"):
        return any(part["required"] for part in owing)
    if team["closes"] == "lead_decides":
        return bool(owing) and not team["over"]
    if team["closes"] == "quorum":
        finished = sum(part["stands"] == "finished" for part in team["parts"].values())
        return bool(owing) and finished < (team["quorum"] or 1)
    return bool(owing)


def place_of(state: Json, book: Json) -> Who:
    """Return the unit that has the work, else the place of the handler."""
    if state["unit"] is not None:
        return "unit", state["unit"]
    return unit_or_post(book, state["handler"])


def worker_of(state: Json, book: Json) -> Who:
    """Return who works on it: of a team that owes something the lead."""
    if owes_parts(state):
        return "unit", state["team"]["lead"]
    return place_of(state, book)


def next_move_of(state: Json, book: Json) -> Who:  # noqa: PLR0911  # one return a row
    """Return who has the next move, row by row as the table in process.md has it."""
    top = len(book["tiers"])
    enterprise = "reporter", state["enterprise"]
    if state["phase"] == "parked":
        return "parked", state["zone"]
    dispatch = state["dispatch"]
    if state["phase"] == "handling" and dispatch is not None and dispatch["arbiter"] is not None:
        return "arbiter", dispatch["arbiter"]
    if state["pause"] is not None:
        if state["pause"]["reason"] == "waiting_enterprise":
            return enterprise
        return "external", state["pause"]["party"] or "outside"
    if state["review"] and not state["ruled"]:
        return "arbiter", _accountable(state, book, top)
    if state["phase"] == "intake":
        return unit_or_post(book, state["owner"])
    if state["phase"] == "sign_off":
        if state["rectify"] is not None:
            return unit_or_post(book, state["rectify"]["post"] or state["owner"])
        if state["sign_off"] is None or state["sign_off"]["said"] is None:
            return enterprise
        return unit_or_post(book, _accountable(state, book, _verifying(state, book)))
    if state["rectify"] is not None and not owes_parts(state):
        return enterprise
    return worker_of(state, book)


def _accountable(state: Json, book: Json, tier: int) -> str:
    chain = chain_of(book, state["enterprise"], tier)
    return str(chain[0]["id"]) if chain else str(state["owner"])


def _verifying(state: Json, book: Json) -> int:
    said, top = state["sign_off"], len(book["tiers"])
    proposed = said["tier"]
    if book["sign_off"].get("by_persons_tier"):
        for tier in range(1, top + 1):
            for post in chain_of(book, state["enterprise"], tier):
                dated = [each["person"] for each in post.get("assignments", ())]
                if set(said["who"]) & {*post.get("people", ()), *dated}:
                    proposed = max(proposed, tier)
    return int(min(top, proposed + (1 if said["result"] in ("solved", "withdrawn") else 2)))
