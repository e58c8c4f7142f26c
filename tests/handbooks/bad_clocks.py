"""Clocks that break a rule, each by its reason, as a zone's file would say them."""

BUDGETS = "budgets = [{ duration = { kind = 'open_hours', minutes = 6000 } }]"
WALL_HOUR = "duration = { kind = 'wall', minutes = 60 }"
LATE = "rungs = [{ id = 'late', after = { kind = 'open_hours', minutes = 5 } }]"
DUE = "rungs = [{ id = 'due', percent = 100 }]"


def limit(
    *more: str,
    start: str = "{ events = ['issue_accepted'] }",
    stop: str = "{ phases = ['closed'] }",
    budgets: str = BUDGETS,
    rungs: str = DUE,
) -> str:
    """Return a clock of its own, sound unless something is given."""
    head = "[clocks.limit]\nname = { zh = '时限', en = 'Limit' }"
    return "\n".join([head, f"start = [{start}]", f"stop = [{stop}]", *more, budgets, rungs])


def rungs(*extra: str) -> str:
    return f"rungs = [{', '.join(extra)}, {{ id = 'due', percent = 100 }}]"


BAD: dict[str, tuple[str, set[tuple[str, str]], str, str]] = {
    # --- start ---
    "a start that is a stop": (
        limit(start="{ phases = ['sign_off'] }", stop="{ phases = ['sign_off', 'closed'] }"),
        {("clocks.limit.start.0", "R1.5")},
        "whenever this holds, stop or cancel holds as well",
        "resolution_proposed (sign_off): stop.0 holds there too",
    ),
    "a start where the issue is closed already": (
        limit(start="{ events = ['issue_closed_out'] }"),
        {("clocks.limit.start.0", "R1.5")},
        "it never starts the clock",
        "issue_closed_out (closed): stop.0 holds there too",
    ),
    "a start that is a cancel": (
        limit("cancel = [{ events = ['issue_accepted'] }]"),
        {("clocks.limit.start.0", "R1.5")},
        "it never starts the clock",
        "issue_accepted (handling): cancel.0 holds there too",
    ),
    "one start of two": (
        limit(start="{ events = ['issue_accepted'] }, { events = ['issue_turned_away'] }"),
        {("clocks.limit.start.1", "R1.5")},
        "it never starts the clock",
        "issue_turned_away (closed): stop.0",
    ),
    "a start on a closed issue": (
        limit(start="{ events = ['issue_closed_out'] }", stop="{ phases = ['handling'] }"),
        {("clocks.limit.stop", "R1.5")},
        "nothing rings on a closed issue",
        "issue_closed_out (closed): it still lives",
    ),
    # --- stop ---
    "no stop after the start": (
        limit(stop="{ phases = ['intake'] }"),
        {("clocks.limit.stop", "R1.5")},
        "a clock with no stop: once it has started, no stop condition holds; nothing ends it",
        "merged_into (closed): it still lives",
    ),
    "no stop, but a cancel": (
        limit("cancel = [{ phases = ['closed'] }]", stop="{ events = ['issue_reported'] }"),
        {("clocks.limit.stop", "R1.5")},
        "it can only be cancelled",
        "issue_accepted (handling): it starts, and no event can stop it",
    ),
    "a close that the stop forgets": (
        limit(start="{ events = ['issue_reported'] }", stop="{ events = ['issue_closed_out'] }"),
        {("clocks.limit.stop", "R1.5")},
        "an issue can close while the clock lives",
        "issue_reported (intake) → issue_turned_away (closed): it still lives",
    ),
    "an answer that never comes": (
        limit(start="{ events = ['reply_demanded'] }", stop="{ events = ['reply_given'] }"),
        {("clocks.limit.stop", "R1.5")},
        "an issue can close while the clock lives",
        "reply_demanded (intake) → issue_turned_away (closed)",
    ),
    "a part's clock that outlives its team's work": (
        "[clocks.part]\nstop = [{ parts = ['finished', 'waived'] }]\ncancel = []",
        {("clocks.part.stop", "R1.5")},
        "an issue can close while the clock lives",
        "part asked): it still lives",
    ),
    # --- rings ---
    "a reset by a ring": (
        limit("reset = [{ events = ['rung_fired'] }]"),
        {("clocks.limit.reset.0", "R4.2")},
        "a ring makes it reset, its own first warning included",
        "rung_fired (handling): reset.0 holds",
    ),
    "a reset by whatever happens": (
        limit("reset = [{ phases = ['handling'] }]"),
        {("clocks.limit.reset.0", "R4.2")},
        "no later rung of the cycle is ever due",
        "rung_fired (handling): reset.0 holds",
    ),
    "a stop by a ring": (
        limit(stop="{ phases = ['closed'] }, { events = ['rung_fired'] }"),
        {("clocks.limit.stop.1", "R4.2")},
        "a ring makes it stop",
        "rung_fired (handling): stop.1 holds",
    ),
    # --- what can never hold ---
    "an event and a phase that do not meet": (
        limit("cancel = [{ events = ['issue_paused'], phases = ['closed'] }]"),
        {("clocks.limit.cancel.0", "R1.5")},
        "this condition can never hold",
        "after issue_paused an issue is: handling, paused, waiting_enterprise; handling, paused, "
        "waiting_outside",
    ),
    "a wait that does not wait": (
        limit("pause = [{ paused = false, waiting = ['waiting_outside'] }]"),
        {("clocks.limit.pause.0", "R1.5")},
        "this condition can never hold",
        "after any event an issue is: intake; ",
    ),
    "parts, asked by a clock of the issue": (
        limit("cancel = [{ parts = ['refused'] }]"),
        {("clocks.limit.cancel.0", "R1.4")},
        "only a clock of scope `part` can ask where a part stands",
        "after any event an issue is: intake; ",
    ),
    "a phase that no part is in": (
        "[clocks.part]\nstart = [{ phases = ['intake'] }]",
        {("clocks.part.start.0", "R1.5")},
        "this condition can never hold",
        "handling, part asked; ",
    ),
    "a tier below the one that it was raised to": (
        limit("reset = [{ events = ['issue_escalated'], tiers = [1] }]"),
        {("clocks.limit.reset.0", "R1.5")},
        "this condition can never hold",
        "after issue_escalated an issue is: intake, tier 2; ",
    ),
    # --- what is not there ---
    "a fact of another record": (
        limit("cancel = [{ enterprise_closed = true }]"),
        {("clocks.limit.cancel.0.enterprise_closed", "R1.4")},
        "only for facts of the issue's own stream",
        "`enterprise_closed` means can change without an event of the issue",
    ),
    "an event of another stream": (
        limit("cancel = [{ events = ['enterprise_moved'] }]"),
        {("clocks.limit.cancel", "R1.4")},
        "no such event",
        "no life of an issue has enterprise_moved in it",
    ),
    "a category that is not there": (
        limit("cancel = [{ categories = ['XXX-1'] }]"),
        {("clocks.limit.cancel.0.categories", "R1.4")},
        "the handbook has no category XXX-1",
        "one of its 38 categories",
    ),
    "a tier that is not there": (
        limit("cancel = [{ tiers = [7] }]"),
        {("clocks.limit.cancel.0.tiers", "R1.4")},
        "the chain has no tier 7",
        "one of the tiers 1 to 4",
    ),
    "a calendar that is not there": (
        limit("calendar = 'lunar'"),
        {("clocks.limit.calendar", "R2.2")},
        "no such calendar is shipped, and none is in bishan/calendars",
        "counts nothing",
    ),
    # --- budgets ---
    "a budget for a tier that is not there": (
        limit(budgets=f"budgets = [{{ tier = 6, {WALL_HOUR} }}, {{ {WALL_HOUR} }}]"),
        {("clocks.limit.budgets.0.tier", "R1.4")},
        "the chain has no tier 6",
        "one of the tiers 1 to 4",
    ),
    "issues that no budget fits": (
        limit(
            budgets=f"budgets = [{{ priority = 'emergency', {WALL_HOUR} }}, "
            f"{{ tier = 1, {WALL_HOUR} }}]"
        ),
        {("clocks.limit.budgets", "R2.1")},
        "no budget fits every issue",
        "tier 2, ordinary, any other category: none fits",
    ),
    "a budget behind one that fits all": (
        limit(budgets=f"budgets = [{{ {WALL_HOUR} }}, {{ priority = 'emergency', {WALL_HOUR} }}]"),
        {("clocks.limit.budgets.1", "R2.1")},
        "never taken",
        "tier 1, emergency, any other category: budgets.0 is taken",
    ),
    # --- rungs ---
    "no rung at the deadline": (
        limit(rungs="rungs = [{ id = 'late', after = { kind = 'open_hours', minutes = 5 } }]"),
        {("clocks.limit.rungs", "R4.1")},
        "no rung at the deadline itself",
        "the rungs are late; the budget runs out and nothing happens",
    ),
    "a lapse while there is time left": (
        limit(
            start="{ events = ['resolution_proposed'] }",
            rungs=rungs("{ id = 'half', percent = 50, effect = 'lapse' }"),
        ),
        {("clocks.limit.rungs.0.effect", "R8.2")},
        "lapse belongs to the deadline",
        "rung half comes while there is time left",
    ),
    "an escalation before the deadline": (
        limit(
            rungs=rungs(
                "{ id = 'early', before = { kind = 'open_hours', minutes = 5 }, "
                "effect = 'escalate' }"
            )
        ),
        {("clocks.limit.rungs.0.effect", "R4.1")},
        "escalate belongs to the deadline",
        "rung early comes while there is time left",
    ),
    "an escalation again and again": (
        limit(
            rungs=rungs(
                "{ id = 'again', every = { kind = 'open_hours', minutes = 5 }, times = 3, "
                "effect = 'escalate' }"
            )
        ),
        {("clocks.limit.rungs.0.effect", "R4.1")},
        "escalate belongs to the deadline, or once after it",
        "comes 3 times",
    ),
    "a lapse of what nobody awaits": (
        limit(
            stop="{ phases = ['sign_off', 'closed'] }",
            rungs="rungs = [{ id = 'due', percent = 100, effect = 'lapse' }]",
        ),
        {("clocks.limit.rungs.0.effect", "R8.2")},
        "never runs while the enterprise's answer is awaited",
        "issue_accepted (handling)",
    ),
    "all time before a deadline of opening hours": (
        limit(rungs=rungs("{ id = 'early', before = { kind = 'wall', minutes = 5 } }")),
        {("clocks.limit.rungs.0.before", "R4.1")},
        "wall on a clock of opening hours (budgets.0); allowed: open_hours",
        "early falls into the night",
    ),
    "all time after a deadline of opening hours": (
        limit(rungs=rungs("{ id = 'late', after = { kind = 'wall', minutes = 60 } }")),
        {("clocks.limit.rungs.0.after", "R4.1")},
        "allowed: open_hours or working_days",
        "counts no open hour after it and rings with it",
    ),
    "natural days again and again after opening hours": (
        limit(
            rungs=rungs("{ id = 'again', every = { kind = 'natural_days', days = 1 }, times = 3 }")
        ),
        {("clocks.limit.rungs.0.every", "R4.1")},
        "natural_days on a clock of opening hours",
        "Friday's closing: again",
    ),
    "a warning as long as the budget": (
        limit(rungs=rungs("{ id = 'early', before = { kind = 'open_hours', minutes = 6000 } }")),
        {("clocks.limit.rungs.0.before", "R4.1")},
        "6000 minutes before the deadline is not after the start",
        "budgets.0 gives 6000 minutes of open_hours",
    ),
    "a warning of opening hours before an emergency's deadline at night": (
        limit(
            budgets=f"budgets = [{{ priority = 'emergency', {WALL_HOUR} }}, "
            "{ duration = { kind = 'working_days', days = 3 } }]",
            rungs=rungs("{ id = 'early', before = { kind = 'open_hours', minutes = 30 } }"),
        ),
        {("clocks.limit.rungs.0.before", "R4.1")},
        "30 minutes before the deadline is not after the start",
        "budgets.0 (wall): a clock that starts at Thu 2026-11-05 00:00:00 ends at "
        "Thu 2026-11-05 01:00:00",
    ),
    # --- pauses and extensions ---
    "a total that counts work": (
        f"{limit()}\n[pauses]\ntotal = 'limit'",
        {("pauses.total", "R1.5")},
        "it counts while the issue does not wait",
        "issue_accepted (handling)",
    ),
    "a total that begins anew with each wait": (
        "[pauses]\ntotal = 'waiting'",
        {("pauses.total", "R1.5")},
        "it ends before the issue does",
        "issue_escalated (handling)",
    ),
    "a total that counts one of two reasons": (
        "[pauses]\ntotal = 'external_party'",
        {("pauses.total", "R1.5")},
        "the issue waits and it does not count",
        "issue_paused (handling, paused, waiting_enterprise)",
    ),
    "a total that is a part's": (
        "[pauses]\ntotal = 'part'",
        {("pauses.total", "R1.5")},
        "the clock of a part cannot count the waiting of an issue",
        "part",
    ),
    "an extension of a part": (
        "[extensions]\nclocks = ['handling', 'part']",
        {("extensions.clocks.1", "R7.1")},
        "part is the clock of a part",
        "one part is given more time",
    ),
    "an extension of the total": (
        "[extensions]\nclocks = ['waiting_total']",
        {("extensions.clocks.0", "R3.1")},
        "waiting_total counts all waiting",
        "granted one tier above the owner",
    ),
}
