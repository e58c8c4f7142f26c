"""Clocks whose pauses break a rule, each by its reason, as a zone's file would say them."""

from bad_clocks import WALL_HOUR, limit

BAD_PAUSES: dict[str, tuple[str, set[tuple[str, str]], str, str]] = {
    "a pause that is the start": (
        limit("pause = [{ paused = true }]", start="{ events = ['issue_paused'] }"),
        {("clocks.limit.pause.0", "R1.5")},
        "pause is implied by start",
        "issue_paused (handling, paused, waiting_enterprise): pause.0 holds as it starts",
    ),
    "a pause in every phase that it lives in": (
        limit("pause = [{ phases = ['handling', 'parked', 'sign_off'] }]"),
        {("clocks.limit.pause.0", "R1.5")},
        "a pause with no possible resume",
        "whatever follows, the clock stands until it ends",
    ),
    "a pause that only the stop ends": (
        limit(
            "pause = [{ phases = ['sign_off'] }]",
            stop="{ phases = ['closed'] }, "
            "{ events = ['resolution_rejected', 'resolution_sent_back'] }",
        ),
        {("clocks.limit.pause.0", "R1.5")},
        "a pause with no possible resume",
        "resolution_proposed (sign_off): whatever follows",
    ),
    "a pause that is an event": (
        limit("pause = [{ events = ['issue_paused'] }]"),
        {("clocks.limit.pause.0", "R1.3")},
        "lasts until the next event, whatever that is",
        "note_added (handling, paused, waiting_enterprise): the note lets it go on",
    ),
    "a pause that is an event, beside one that is not": (
        limit("pause = [{ paused = true }, { events = ['reply_demanded'] }]"),
        {("clocks.limit.pause.1", "R1.3")},
        "lasts until the next event",
        "reply_demanded (handling) → note_added (handling): the note lets it go on",
    ),
    "a pause that is the very note": (
        limit("pause = [{ events = ['note_added'] }]"),
        {("clocks.limit.pause.0", "R1.3")},
        "lasts until the next event, whatever that is",
        "note_added (handling) → history_lost (handling): history_lost lets it go on",
    ),
    # --- a beginning within a pause ---
    "a start within a pause": (
        limit("pause = [{ paused = true }]", start="{ events = ['reply_demanded'] }"),
        {("clocks.limit.start.0", "R1.3")},
        "it makes the clock start while a pause condition holds",
        "issue_paused (handling, paused, waiting_enterprise) → reply_demanded (handling, paused, "
        "waiting_enterprise) → note_added (handling, paused, waiting_enterprise): it counts until "
        "the note, then pause.0 lets it stand",
    ),
    "one start of two within a pause": (
        limit(
            "pause = [{ paused = true }]",
            start="{ events = ['issue_accepted'] }, { events = ['issue_paused'] }",
            stop="{ events = ['plan_made'] }, { phases = ['closed'] }",
        ),
        {("clocks.limit.start.1", "R1.3")},
        "it makes the clock start while a pause condition holds",
        "it counts until the note, then pause.0 lets it stand",
    ),
    "a reset within a pause": (
        limit(
            "pause = [{ paused = true }]",
            "reset = [{ events = ['issue_deescalated'] }, { events = ['issue_reclassified'] }]",
        ),
        {("clocks.limit.reset.1", "R1.3")},
        "it makes the clock reset while a pause condition holds",
        "issue_reclassified (handling, paused, waiting_enterprise) → note_added",
    ),
    "a reset at a tier where it stands": (
        limit(
            "pause = [{ paused = true }, { tiers = [3] }]",
            "reset = [{ events = ['issue_escalated'] }]",
            start="{ events = ['issue_accepted'], tiers = [1, 2] }",
        ),
        {("clocks.limit.reset.0", "R1.3")},
        "the clock counts until the next event, whatever that is",
        "issue_escalated (handling, tier 3) → note_added (handling, tier 3): it counts until the "
        "note, then pause.1 lets it stand",
    ),
    # --- a pause by the class of the issue ---
    "a pause by category, of a budget by category": (
        limit(
            "pause = [{ paused = true, categories = ['COS-1'] }]",
            budgets=f"budgets = [{{ categories = ['COS-1', 'COS-2'], {WALL_HOUR} }}, "
            "{ duration = { kind = 'wall', minutes = 240 } }]",
        ),
        {("clocks.limit.pause.0", "R3.1")},
        "the new budget is lost",
        "category FIN-1) → issue_reclassified (handling, paused, waiting_enterprise, category "
        "COS-1): pause is its move, and it keeps the budget of before",
    ),
    "a pause by category, of a budget by priority": (
        limit(
            "pause = [{ paused = true }, { phases = ['handling'], categories = ['COS-1'] }]",
            start="{ events = ['issue_accepted'], categories = ['FIN-1'] }",
            budgets=f"budgets = [{{ priority = 'emergency', {WALL_HOUR} }}, "
            "{ duration = { kind = 'wall', minutes = 240 } }]",
        ),
        {("clocks.limit.pause.1", "R3.1")},
        "a reclassification is one move, the pause or its end",
        "issue_accepted (handling, ordinary, category FIN-1) → issue_reclassified (handling, "
        "emergency, category COS-1): pause is its move, and it keeps the budget of before",
    ),
    "a pause by priority, of a budget by priority": (
        limit(
            "pause = [{ paused = true, priorities = ['ordinary', 'expedited'] }]",
            budgets=f"budgets = [{{ priority = 'emergency', {WALL_HOUR} }}, "
            "{ duration = { kind = 'wall', minutes = 240 } }]",
        ),
        {("clocks.limit.pause.0", "R3.1")},
        "a pause by priority or category, of a clock whose budget depends on them",
        "is its move, and it keeps the budget of before",
    ),
}
