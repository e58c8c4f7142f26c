"""What a proof finds wrong with teams, rounds, sign-off and forms, and what shows it."""

import tomllib

import pytest
from deep import IN_CHECK
from overlays import good, overlaid

from domain.problem import Problem
from domain.proof_of_procedures import procedure_problems
from domain.proof_times import period_of
from domain.terms import Terms
from handbooks.shelf import zones

pytestmark = IN_CHECK

OVER = "xinghe"
VERIFYING = (
    "[rounds.many]\nsubject = 'verification'\nelectors = [{{ tier = 3 }}, {row}]\n"
    "passes = {{ needs = 'any' }}\nclock = 'ballot'\nfallback = '{fallback}'"
)


def found(terms: Terms) -> list[Problem]:
    return list(procedure_problems(terms, period_of(terms.calendar)))


BAD: dict[str, tuple[str, set[tuple[str, str]], str]] = {
    # --- teams ---
    "a ruling that binds nobody": (
        "[clocks.part_ruling]\nrungs = [{ id = 'due', percent = 100, effect = 'record' }]",
        {("clocks.part_ruling.rungs", "R7.4")},
        "the arbiter says nothing → part_ruling runs out",
    ),
    "a part longer than the lead's time": (
        "[clocks.team_lead]\nbudgets = [{ duration = '2wd' }]",
        {("joint_team.part", "R7.1"), ("teams.troubleshooting.parts", "R7.1")},
        "tier 1, ordinary: from",
    ),
    "an objection that leaves no time for the part": (
        "[clocks.part_objection]\nbudgets = [{ duration = '3wd' }]",
        {("joint_team.objection", "R7.1")},
        "tier 1, emergency: from",
    ),
    "parts that wait for one another too long": (
        "[clocks.part]\nbudgets = [{ priority = 'emergency', duration = '30h wall' }, "
        "{ duration = '3wd' }]",
        {("teams.troubleshooting.parts", "R7.1")},
        "staffing ends at",
    ),
    "an arbiter of the unit that objects": (
        "[joint_team]\narbiters = ['xinghe-economy']",
        {("joint_team.arbiters", "R7.4")},
        "xinghe-p31 objects for economy-bureau → arbiters of another unit: nobody",
    ),
    # --- rounds ---
    "a round that never expires": (
        "[clocks.ballot]\nrungs = [{ id = 'due', percent = 100, effect = 'record' }]",
        {("clocks.ballot.rungs", "R6.5")},
        "nobody votes → ballot runs out → the round stays open",
    ),
    "a round whose time does not begin": (
        "[clocks.ballot]\nstart = [{ events = ['parking_asked'] }]",
        {("rounds.review-panel.clock", "R6.1"), ("rounds.longer-wait.clock", "R6.1")},
        "round_opened (intake): ballot does not move",
    ),
    "a round whose time ends before it does": (
        "[clocks.ballot]\nstop = [{ events = ['round_closed', 'vote_cast'] }]",
        {("rounds.review-panel.clock", "R6.1"), ("rounds.longer-wait.clock", "R6.1")},
        "vote_cast (intake): ballot makes the move stop",
    ),
    "a vacant post that has to settle a round": (
        "[rounds.longer-wait]\nfallback = 'xinghe-sponsor'",
        {("rounds.longer-wait.fallback", "R6.3")},
        "on 2026-04-13 all electors",
    ),
    "an elector that nobody is": (
        "[posts.xinghe-empty]\nname = { zh = '空岗', en = 'Empty' }\ncovers = 'xinghe'\n"
        "[rounds.longer-wait]\nelectors = [{ post = 'xinghe-empty' }, { tier = 3 }]",
        {("rounds.longer-wait.electors.0", "R6.1")},
        "nobody is in the posts it names",
    ),
    "more votes than voters": (
        "[rounds.longer-wait]\npasses = { needs = 'at_least', n = 9 }",
        {("rounds.longer-wait.passes", "R6.3")},
        "every elector approves → xinghe-duty settles it",
    ),
    "colleagues who review each other": (
        "[rounds.review-panel]\nown_unit_out = false",
        {("rounds.review-panel.own_unit_out", "R8.3")},
        "colleagues of whoever proposed it vote on it",
    ),
    "a closing review that nothing calls": (
        "[remove]\nsettings = ['sign_off']",
        {("rounds.review-panel.subject", "R6.1")},
        "no event of any issue opens a round on closing_review",
    ),
    "a round on more time where there is none": (
        "[remove]\nsettings = ['extensions']\n[rounds.more-time]\nsubject = 'extension'\n"
        "electors = [{ tier = 3 }]\npasses = { needs = 'any' }\nclock = 'ballot'\n"
        "fallback = 'xinghe-duty'",
        {("rounds.more-time.subject", "R6.1")},
        "opens a round on extension",
    ),
    "a verifier who is no verifier": (
        VERIFYING.format(row="{ post = 'xinghe-economy' }", fallback="xinghe-director"),
        {("rounds.many.electors.1", "R6.1")},
        "none of them is above a tier that proposes",
    ),
    "a grid officer who verifies": (
        VERIFYING.format(row="{ tier = 1 }", fallback="xinghe-director"),
        {("rounds.many.electors.1", "R6.1")},
        "none of them is above a tier that proposes",
    ),
    "a duty post that would strike off": (
        VERIFYING.format(row="{ tier = 2 }", fallback="xinghe-duty"),
        {("rounds.many.fallback", "R6.3")},
        "tier 3 proposes for",
    ),
    "one area that would verify for all": (
        VERIFYING.format(row="{ tier = 2 }", fallback="xinghe-area-east"),
        {("rounds.many.fallback", "R6.3")},
        "xinghe-area-east may not settle it",
    ),
    # --- sign-off ---
    "steps behind the closing review": (
        "[sign_off]\nrejections_max = 3",
        {("sign_off.rejected.2", "R8.3"), ("sign_off.rejected.3", "R8.3")},
        "refused 2 times → refusal 3 calls the review",
    ),
    "a team that no refusal convenes": (
        "[sign_off]\nrejected = ['same_unit', 'next_tier']",
        {("sign_off.team", "R8.3")},
        "troubleshooting is never asked",
    ),
    "a promise that nothing follows up": (
        "[sign_off]\nfollow_up = false",
        {("sign_off.promise", "R8.1")},
        "nobody owes it any more",
    ),
    # --- forms ---
    "a usual limit beyond the longest": (
        "[rectification]\nlimit = '11wd'",
        {("rectification.limit", "Q43")},
        "it ends at",
    ),
    "a shortest limit beyond the usual one": (
        "[rectification]\nat_least = '6wd'",
        {("rectification.at_least", "Q43")},
        "it ends at",
    ),
    "a rectification without the time that its clock replaces": (
        "[rectification]\nreplaces = ['resolution']",
        {("rectification.replaces", "I8")},
        "resolution counts and rectifying does not",
    ),
    "inspectors who are not there": (
        "[rectification]\ninspectors = ['xinghe-sponsor']",
        {("rectification.inspectors", "Q43")},
        "on 2026-04-13",
    ),
    "one person for two signatures": (
        "[applications.resumption]\nsigners = [\n"
        "{ id = 'a', name = { zh = '甲', en = 'A' }, posts = ['xinghe-economy'] },\n"
        "{ id = 'b', name = { zh = '乙', en = 'B' }, posts = ['xinghe-economy'] }]",
        {("applications.resumption.signers", "Q44")},
        "a: xinghe-p31; b: xinghe-p31",
    ),
    "a batch behind one that takes everything": (
        "[applications.resumption]\nbatches = [\n"
        "{ id = 'all', name = { zh = '全部', en = 'All' } },\n"
        "{ id = 'some', name = { zh = '部分', en = 'Some' }, claims = ['small-scale'] }]",
        {("applications.resumption.batches.1", "Q44")},
        "an application claims small-scale → all",
    ),
    # --- callbacks ---
    "nobody to draw": (
        "[posts]\nxinghe-coordinator = { people = [] }\nxinghe-supervisor = { people = [] }",
        {
            ("callbacks", "R8.5"),
            ("rounds.review-panel.electors.0", "R6.1"),
            ("rounds.review-panel.electors.1", "R6.1"),
            ("rounds.longer-wait.electors.1", "R6.1"),
            ("rounds.longer-wait.electors.2", "R6.1"),
        },
        "from 2026-01-01",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_procedure_without_an_end_or_people_is_named_with_what_shows_it(name: str) -> None:
    text, finds, shows = BAD[name]
    terms, _ = overlaid(OVER, tomllib.loads(text))

    problems = found(terms)

    assert {(each.key, each.rule) for each in problems} == finds
    assert shows in problems[0].counter_example


def test_three_may_sign_where_each_has_a_person_left() -> None:
    """Who is in two of the posts signs where nobody else can."""
    shared = "people = ['xinghe-p31', 'xinghe-p36']"
    text = (
        f"[posts.xinghe-economy]\n{shared}\n[applications.resumption]\nsigners = [\n"
        "{ id = 'a', name = { zh = '甲', en = 'A' }, posts = ['xinghe-economy'] },\n"
        "{ id = 'b', name = { zh = '乙', en = 'B' }, posts = ['xinghe-emergency'] },\n"
        "{ id = 'c', name = { zh = '丙', en = 'C' }, posts = ['xinghe-works'] }]"
    )
    terms, _ = overlaid(OVER, tomllib.loads(text))

    assert found(terms) == []


@pytest.mark.parametrize("zone", zones())
def test_procedures_as_shipped_are_sound(zone: str) -> None:
    assert found(good(zone)) == []


def test_a_verification_by_those_who_may_verify_is_sound() -> None:
    text = VERIFYING.format(row="{ tier = 2 }", fallback="xinghe-director")
    terms, _ = overlaid(OVER, tomllib.loads(text))

    assert found(terms) == []


def test_a_limit_beyond_every_published_day_is_longer_than_none_within_it() -> None:
    """Where the lead's end cannot be told, no part is told to come after it."""
    text = "[clocks.team_lead]\nbudgets = [{ duration = '900wd' }]"
    terms, _ = overlaid(OVER, tomllib.loads(text))

    assert found(terms) == []
