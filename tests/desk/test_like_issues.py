"""What may be the same matter is suggested, with a score; people judge, nothing merges (R10.5)."""

import builders as b
import pytest
from databases import Database
from desks import Counter, StandingClock, counter

from desk.likeness import LikeIssues, Told, text_percent
from domain.commands_of_kin import JudgeSuggestion
from domain.errors import UnknownIssueError, UnknownZoneError
from domain.likeness import METHOD, Place, plain
from domain.people import Representative

FLOODED = ("北门道路积水三十厘米", "货车无法进出，已有两天。")
WETTER = ("北门道路积水 30 厘米！", "货车进不来。")
DARK = ("二号车间停电", "生产线停了。")
BAKER = Representative(person="bakery.a", enterprise="bakery")


async def report(
    office: Counter, key: str, told: tuple[str, str], *, enterprise: str = "mill"
) -> None:
    actor = Representative(person=f"{enterprise}.a", enterprise=enterprise)
    title, text = told
    command = b.report(title=title, text=text, enterprise=enterprise)
    await office.do(command, actor, key=key)


async def suggested(office: Counter, told: tuple[str, str], **changes: str) -> list[str]:
    title, text = told
    fields = {"enterprise": "mill", "category": "road-access", "title": title, "text": text}
    found = await LikeIssues(office.desk).of_report(b.ZONE, Told(**(fields | changes)))
    return [each.key for each in found]


async def test_a_report_that_was_made_before_is_suggested_and_another_matter_is_not(
    office: Counter,
) -> None:
    await report(office, "flood", FLOODED)
    await report(office, "dark", DARK)

    found = await LikeIssues(office.desk).of_report(b.ZONE, Told("mill", "road-access", *WETTER))

    assert [(each.key, each.method) for each in found] == [("flood", METHOD)]
    assert found[0].score >= 90
    assert (found[0].same_enterprise, found[0].same_category) == (True, True)
    assert found[0].place is Place.SAME_GRID


async def test_neighbours_count_for_more_than_those_at_the_other_end(memory: Counter) -> None:
    for enterprise in ("foundry", "bakery"):
        await report(memory, enterprise, FLOODED, enterprise=enterprise)

    found = await LikeIssues(memory.desk).of_report(b.ZONE, Told("mill", "road-access", *WETTER))

    assert [(each.key, each.place) for each in found] == [
        ("foundry", Place.SAME_GRID),
        ("bakery", Place.ELSEWHERE),
    ]
    assert found[0].score == found[1].score + 10


async def test_an_issue_is_not_like_itself_nor_like_what_was_judged_or_linked(
    memory: Counter,
) -> None:
    for key in ("one", "judged", "linked", "open"):
        await report(memory, key, FLOODED)
    verdict = JudgeSuggestion(suggested="judged", same=False, score=90, method=METHOD)
    await memory.do(verdict, key="one")

    found = await LikeIssues(memory.desk).of_issue(b.ZONE, "one")

    assert [each.key for each in found] == ["linked", "open"]


async def test_judged_suggestions_say_how_good_the_method_is(memory: Counter) -> None:
    like = LikeIssues(memory.desk)
    assert await like.judged(b.ZONE) == []
    await report(memory, "one", FLOODED)
    for number, same in enumerate((True, True, False)):
        await report(memory, f"like-{number}", FLOODED)
        verdict = JudgeSuggestion(suggested=f"like-{number}", same=same, score=90, method=METHOD)
        await memory.do(verdict, key="one")

    (found,) = await like.judged(b.ZONE)

    assert (found.method, found.accepted, found.refused, found.judged) == (METHOD, 2, 1, 3)
    assert found.precision_percent == 66.7


async def test_who_judges_one_suggestion_often_counts_once_and_by_the_last_word(
    memory: Counter,
) -> None:
    for key in ("one", "like"):
        await report(memory, key, FLOODED)
    for same in (True, True, False):
        verdict = JudgeSuggestion(suggested="like", same=same, score=90, method=METHOD)
        await memory.do(verdict, key="one")
    ghost = JudgeSuggestion(suggested="ghost", same=True, score=90, method=METHOD)
    with pytest.raises(UnknownIssueError):
        await memory.do(ghost, key="one")

    (found,) = await LikeIssues(memory.desk).judged(b.ZONE)

    assert (found.accepted, found.refused) == (0, 1)


async def test_at_most_five_are_suggested_the_likest_first(memory: Counter) -> None:
    for number in range(7):
        await report(memory, f"like-{number}", ("南门道路积水三尺", "货车无法进出。"))
    await report(memory, "likest", FLOODED)

    found = await suggested(memory, WETTER)

    assert len(found) == 5
    assert found[0] == "likest"


async def test_what_is_older_than_two_years_is_forgotten(
    memory: Counter, clock: StandingClock
) -> None:
    await report(memory, "flood", FLOODED)
    clock.at = b.local(729)
    assert await suggested(memory, WETTER) == ["flood"]
    clock.at = b.local(731)
    assert await suggested(memory, WETTER) == []


async def test_an_enterprise_that_the_handbook_does_not_hold_is_elsewhere(
    memory: Counter,
) -> None:
    await report(memory, "flood", FLOODED)

    assert await suggested(memory, FLOODED, enterprise="unheard-of") == ["flood"]


async def test_an_issue_or_a_zone_that_is_not_there_is_told_so(memory: Counter) -> None:
    like = LikeIssues(memory.desk)
    with pytest.raises(UnknownIssueError):
        await like.of_issue(b.ZONE, "missing")
    with pytest.raises(UnknownZoneError):
        await like.judged("elsewhere")


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        (FLOODED, WETTER, 90, 100),
        (FLOODED, ("雨后路况", "园区北门道路积水三十厘米，车都堵着。"), 85, 95),
        (FLOODED, DARK, 0, 40),
        (("停电", "a"), ("别的事情", "我们也停电过，现在说的是网络中断。"), 0, 40),
    ],
    ids=["same", "title within", "other", "short title within"],
)
def test_how_alike_two_texts_are(
    one: tuple[str, str], other: tuple[str, str], least: int, most: int
) -> None:
    there, back = text_percent(plain(*one), plain(*other)), text_percent(plain(*other), plain(*one))

    assert there == back
    assert least <= there <= most


async def test_reports_from_before_the_texts_were_kept_are_read_first(
    database: Database, clock: StandingClock
) -> None:
    async with counter(database, clock) as office:
        await report(office, "flood", FLOODED)
        await report(office, "dark", DARK)
        async with database.connection(database.app_url) as connection:
            await connection.execute("UPDATE issue_text SET plain = NULL, bigrams = NULL")
        await database.tamper(
            "event", "UPDATE event SET text = 'spoilt' WHERE stream = $1", f"{b.ZONE}/dark"
        )

        like = LikeIssues(office.desk)

        assert await suggested(office, WETTER) == ["flood"]
        assert await like.fill(b.ZONE) == 1
