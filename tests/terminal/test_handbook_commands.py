"""`closeout handbook list|show|diff|publish`, `board`, `enterprises`, as they are typed."""

from pathlib import Path

import builders as b
import pytest
from builders_sound import clocks as clock_rules
from halls import NAME, PUBLISH, TWO, Hall, lay, posts
from stage import OFFICER, REPORT


@pytest.fixture
def hall(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Hall:
    """A hall whose zone is shipped in revision 1, with one accepted issue."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.delenv("CLOSEOUT_ACTOR", raising=False)
    hall = Hall()
    hall.shelf = lay(tmp_path / "shipped")
    monkeypatch.setenv("CLOSEOUT_HANDBOOK_DIR", str(hall.shelf))
    hall.json(*REPORT)
    hall.json("do", b.ZONE, b.KEY, "accept", "--as", OFFICER)
    return hall


@pytest.fixture
def replaced(tmp_path: Path) -> str:
    """A shelf with revision 2, where another person is the first-tier officer."""
    return str(lay(tmp_path / "new", revision=2, posts=posts(grid_east_1=["grid-east-1.b"])))


@pytest.fixture
def offline(hall: Hall, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Hall:
    """The hall with no ledger at hand."""
    monkeypatch.delenv("CLOSEOUT_DATABASE_URL")
    monkeypatch.setenv("CLOSEOUT_DATA_DIR", str(tmp_path / "nothing"))
    return hall


# Publication ----------------------------------------------------------------------------------


def test_a_handbook_is_tried_published_listed_and_adopted(hall: Hall, replaced: str) -> None:
    publish = ("handbook", "publish", b.ZONE, "--from", replaced)
    tried = hall.json(*publish, "--dry-run")
    places = [each["place"] for each in tried["differences"]]
    assert places == ["revision", "posts.grid-east-1.people"]
    assert hall.json("handbook", "list", b.ZONE)["zones"][0]["published"] == []
    done = hall.json(*publish, *PUBLISH)
    shared = set(done) & set(tried)
    assert {key: done[key] for key in shared} == {key: tried[key] for key in shared}
    assert (done["publication"], done["revision"]) == ("handbook-1", 2)
    assert (done["author"], done["approver"]) == (
        "coordination (coordination.a)",
        "director (director.a)",
    )
    assert done["posts"] == [
        {
            "post": "grid-east-1",
            "before": ["grid-east-1.a"],
            "after": ["grid-east-1.b"],
            "open_issues": 1,
        }
    ]
    assert (done["open_elsewhere"], done["do"]) == (1, "closeout adopt harbour --dry-run")
    (zone,) = hall.json("handbook", "list")["zones"]
    assert zone["in_force"] == "handbook-1"
    (version,) = zone["published"]
    assert (version["in_force"], version["open_issues"], version["reason"]) == (True, 0, "轮岗")
    assert (zone["shipped"]["in_force"], zone["shipped"]["open_issues"]) == (False, 1)
    assert hall.json("adopt", b.ZONE, "--dry-run")["figures"]["issues"] == 1
    who = ("--as", TWO[1], "--approved-by", TWO[3], "--reason", "x")
    assert hall.json("adopt", b.ZONE, *who)["moved"] == 1
    assert hall.json("handbook", "list")["zones"][0]["published"][0]["open_issues"] == 1


def test_people_are_told_what_came_into_force_and_what_stays(hall: Hall, replaced: str) -> None:
    publish = ("handbook", "publish", b.ZONE, "--from", replaced)
    assert "Nothing was written." in hall.said(*publish, "--dry-run")
    said = hall.said(*publish, *PUBLISH)
    assert "✓ harbour revision 2 is in force handbook-1" in said
    assert "by coordination (coordination.a), approved by director (director.a)" in said
    assert "grid-east-1 grid-east-1.a grid-east-1.b 1" in said
    assert "`closeout adopt harbour --dry-run`" in said
    listed = hall.said("handbook", "list")
    assert "handbook-1 2" in listed
    assert "in force 2026-03-02 01:00 轮岗" in listed


def test_the_zones_own_folder_does_as_well_as_its_shelf(hall: Hall, replaced: str) -> None:
    own = str(Path(replaced) / b.ZONE)
    done = hall.json("handbook", "publish", b.ZONE, "--from", own, *PUBLISH)
    assert done["publication"] == "handbook-1"


def test_a_later_shipped_revision_is_listed_and_said_not_to_be_in_force(
    hall: Hall, replaced: str
) -> None:
    hall.json("handbook", "publish", b.ZONE, "--from", replaced, *PUBLISH)
    lay(hall.shelf, revision=9)
    (zone,) = hall.json("handbook", "list")["zones"]
    assert (zone["in_force"], zone["shipped"]["revision"]) == ("handbook-1", 9)
    assert zone["shipped_is_later_and_not_in_force"] is True
    assert "the shipped revision is later, and not in force" in hall.said("handbook", "list")


def test_a_broken_handbook_is_refused_with_its_rule_and_not_published(
    hall: Hall, tmp_path: Path
) -> None:
    clocks = clock_rules("handling", pause=[{"phases": ["handling", "sign_off"]}])
    bad = str(lay(tmp_path / "bad", revision=2, clocks=clocks))
    told = hall.refused(3, "handbook", "publish", b.ZONE, "--from", bad, *PUBLISH)
    assert "R1.5" in told["message"]
    assert "harbour/organisation.toml" in told["message"]
    assert hall.json("handbook", "list")["zones"][0]["published"] == []


@pytest.mark.parametrize(
    ("words", "code", "kind"),
    [
        (("--author", TWO[1], "--approver", TWO[1], "--reason", "x"), 4, "not_permitted"),
        (("--author", OFFICER, "--approver", TWO[3], "--reason", "x"), 4, "not_permitted"),
        (("--author", "nobody", "--approver", TWO[3], "--reason", "x"), 3, "invalid"),
        ((*TWO, "--reason", " "), 3, "invalid"),
    ],
)
def test_who_may_not_publish_a_handbook_is_told_why(
    hall: Hall, replaced: str, words: tuple[str, ...], code: int, kind: str
) -> None:
    told = hall.refused(code, "handbook", "publish", b.ZONE, "--from", replaced, *words)
    assert told["code"] == kind


@pytest.mark.parametrize("left_out", ["--author", "--approver", "--reason"])
def test_what_is_left_out_is_a_usage_error(hall: Hall, replaced: str, left_out: str) -> None:
    at = PUBLISH.index(left_out)
    words = (*PUBLISH[:at], *PUBLISH[at + 2 :])
    result = hall.run("handbook", "publish", b.ZONE, "--from", replaced, *words)
    assert (result.exit_code, left_out in result.output) == (2, True)


def test_the_same_revision_again_names_what_is_allowed(hall: Hall, replaced: str) -> None:
    publish = ("handbook", "publish", b.ZONE, "--from", replaced, *PUBLISH)
    hall.json(*publish)
    told = hall.refused(3, *publish)
    assert (told["field"], told["value"], told["allowed"]) == ("revision", "2", "3 or more")


def test_a_new_zone_is_published_by_the_persons_of_its_own_handbook(
    hall: Hall, tmp_path: Path
) -> None:
    covers = [
        post | ({"covers": "pier"} if post["covers"] == b.ZONE else {})
        for post in b.HANDBOOK_DATA["posts"]
    ]
    new = str(lay(tmp_path / "new", "pier", posts=covers))
    done = hall.json("handbook", "publish", "pier", "--from", new, *PUBLISH)
    assert (done["previous"], done["publication"]) == (None, "handbook-1")
    zones = {each["zone"]: each for each in hall.json("handbook", "list")["zones"]}
    assert (zones["pier"]["shipped"], zones["pier"]["in_force"]) == (None, "handbook-1")
    hall.json("report", "pier", *REPORT[2:])
    found = hall.json("list", "--zone", "pier")["issues"]
    assert [each["key"] for each in found] == [b.KEY]
    assert hall.json("board", "mill", "--zone", "pier")["zone"] == "pier"
    told = hall.refused(3, "board", "mill")
    assert (told["field"], told["allowed"]) == ("enterprise", "harbour, pier")


# Differences and versions ---------------------------------------------------------------------


def test_two_versions_are_compared_place_by_place(hall: Hall, replaced: str) -> None:
    first = hall.json("handbook", "diff", b.ZONE, "shipped", replaced)
    places = {each["place"]: (each["old"], each["new"]) for each in first["differences"]}
    assert places == {
        "revision": (1, 2),
        "posts.grid-east-1.people": (["grid-east-1.a"], ["grid-east-1.b"]),
    }
    done = hall.json("handbook", "publish", b.ZONE, "--from", replaced, *PUBLISH)
    for second in ("published", "published:1", "in-force", done["handbook"][:9], replaced):
        found = hall.json("handbook", "diff", b.ZONE, "shipped", second)
        assert found["differences"] == first["differences"], second
    same = hall.json("handbook", "diff", b.ZONE, "published", replaced)
    assert (same["same"], same["differences"]) == (True, [])
    said = hall.said("handbook", "diff", b.ZONE, "shipped", "published")
    assert "grid-east-1.people grid-east-1.a grid-east-1.b" in said
    assert "2 differences" in said
    assert "are the same handbook" in hall.said("handbook", "diff", b.ZONE, "published", replaced)


def test_a_length_is_compared_in_words(hall: Hall, tmp_path: Path) -> None:
    clocks = clock_rules("part", budgets=[{"duration": {"kind": "wall", "minutes": 90}}])
    new = str(lay(tmp_path / "new", revision=2, clocks=clocks))
    said = hall.said("handbook", "diff", b.ZONE, "shipped", new)
    assert "part.budgets.0.duration 8 h of opening hours 90 minutes" in said


def test_a_version_that_there_is_not_names_those_that_there_are(hall: Hall, replaced: str) -> None:
    hall.json("handbook", "publish", b.ZONE, "--from", replaced, *PUBLISH)
    told = hall.refused(3, "handbook", "show", b.ZONE, "--of", "published:7")
    assert (told["field"], told["value"]) == ("version", "published:7")
    assert "handbook-1" in told["allowed"]
    assert hall.refused(3, "handbook", "show", "nowhere")["code"] == "unknown_zone"


# What a handbook says -------------------------------------------------------------------------


def test_a_handbook_is_shown_with_who_is_in_it_today_and_what_no_source_says(
    hall: Hall, replaced: str
) -> None:
    hall.json("handbook", "publish", b.ZONE, "--from", replaced, *PUBLISH)
    told = hall.json("handbook", "show", b.ZONE)
    assert (told["version"], told["revision"], told["note"]) == ("handbook-1", 2, None)
    assert told["people"]["grid-east-1"] == {
        "people": ["grid-east-1.b"],
        "on_duty": ["grid-east-1.b"],
    }
    assert told["counts"]["posts"] == len(b.HANDBOOK.posts) == len(told["people"])
    assert told["counts"]["categories"] == 2
    assert "clocks.handling" in told["sources"]["default"]
    assert told["handbook"]["posts"][0]["people"] == ["grid-east-1.b"]
    old = hall.json("handbook", "show", b.ZONE, "--of", "shipped")
    assert old["people"]["grid-east-1"]["people"] == ["grid-east-1.a"]


def test_a_source_is_told_apart_from_a_default(hall: Hall, tmp_path: Path) -> None:
    stated = [
        tier | {"source": "001:29" if tier["level"] == 1 else "default, not from source"}
        for tier in b.HANDBOOK_DATA["tiers"]
    ]
    new = str(lay(tmp_path / "new", revision=2, tiers=stated))
    told = hall.json("handbook", "show", b.ZONE, "--of", new)
    assert told["sources"]["stated"] == {"tiers.grid": "001:29"}
    assert {"tiers.area", "tiers.zone"} <= set(told["sources"]["default"])


def test_people_see_tiers_limits_clocks_and_vacant_posts(hall: Hall) -> None:
    said = hall.said("handbook", "show", b.ZONE)
    assert "1 grid 网格 grid handling: 2 h if emergency" in said
    assert "handling: 16 h open time" in said
    assert "spare 测试 spare — harbour vacant" in said
    assert "customs 海关 Customs external —" in said
    assert "power-supply 用电 Power supply power" in said
    assert "80 % → remind" in said
    assert "times_max: 5" in said
    assert "default, not from source: clocks.acceptance" in said


def test_a_tiers_limits_end_with_the_one_that_fits_every_issue(hall: Hall, tmp_path: Path) -> None:
    wall = {"kind": "wall", "minutes": 60}
    days = {"kind": "working_days", "days": 4, "due": "same_time"}
    budgets = [{"duration": wall, "tier": 1}, {"duration": days}]
    new = str(lay(tmp_path / "new", revision=2, clocks=clock_rules("redo", budgets=budgets)))
    said = hall.said("handbook", "show", b.ZONE, "--of", new)
    tiers = said[said.index("Limits of its own") : said.index("People today")]
    first, second, third = tiers.split("redo: ")[1:]
    assert first.startswith("1 h\n")
    assert second.startswith("4 working days\n")
    assert third.startswith("4 working days\n")


# The board ------------------------------------------------------------------------------------


def test_the_board_of_an_instant_is_by_the_handbook_in_force_then(
    hall: Hall, replaced: str
) -> None:
    hall.clock.at = b.MON_13
    hall.json("handbook", "publish", b.ZONE, "--from", replaced, *PUBLISH)
    hall.clock.at = b.TUE_9

    def first(*words: str) -> tuple[str, list[str], bool]:
        told = hall.json("board", "mill", *words)
        held = told["tiers"][0]["accountable"]["on_duty"]
        return told["version"], held, told["note"] is not None

    assert first() == ("handbook-1", ["grid-east-1.b"], False)
    assert first("--at", "2026-03-02T13:00") == ("handbook-1", ["grid-east-1.b"], False)
    assert first("--at", "2026-03-02T12:59") == ("shipped", ["grid-east-1.a"], True)
    assert first("--at", "2026-03-02T05:00+00:00") == ("handbook-1", ["grid-east-1.b"], False)
    assert first("--at", "2026-03-02T04:59:59.999Z") == ("shipped", ["grid-east-1.a"], True)
    said = hall.said("board", "mill")
    assert "1 网格 grid grid-east-1" in said
    assert "coordinator coordination" in said
    assert "by handbook-1, revision 2" in said
    assert "Nothing had been published by then" in hall.said(
        "board", "mill", "--at", "2026-03-02T12:59"
    )


def test_a_board_that_cannot_be_shown_says_why(hall: Hall) -> None:
    assert hall.refused(3, "board", "nobody")["field"] == "enterprise"
    assert hall.refused(3, "board", "nobody", "--zone", b.ZONE)["field"] == "enterprise"
    assert hall.refused(3, "board", "mill", "--zone", "nowhere")["code"] == "unknown_zone"
    assert hall.refused(3, "board", "mill", "--at", "yesterday")["field"] == "at"


def test_enterprises_are_listed_and_narrowed(hall: Hall, tmp_path: Path) -> None:
    new = lay(
        tmp_path / "new",
        revision=2,
        segments=[{"id": "key", "name": NAME}],
        lists=[{"id": "white", "name": NAME, "revision": 3, "members": ["mill"]}],
        enterprises=[
            each | ({"segment": "key"} if each["id"] == "bakery" else {})
            for each in b.HANDBOOK_DATA["enterprises"]
        ],
    )
    assert hall.refused(3, "enterprises", "--list", "white")["allowed"] == (
        "none: no handbook has any"
    )
    hall.json("handbook", "publish", b.ZONE, "--from", str(new), *PUBLISH)

    def ids(*words: str) -> list[str]:
        return [each["id"] for each in hall.json("enterprises", *words)["enterprises"]]

    assert ids() == ["mill", "foundry", "bakery"]
    assert ids("--list", "white") == ["mill"]
    assert ids("--segment", "key") == ["bakery"]
    assert ids("--grid", "east-1", "--zone", b.ZONE) == ["mill", "foundry"]
    assert "mill 面粉厂 Mill east-1 — white@3 grid-east-1" in hall.said("enterprises")
    assert hall.refused(3, "enterprises", "--segment", "lock")["allowed"] == "key"


# Without a ledger -----------------------------------------------------------------------------


def test_without_a_ledger_the_shipped_handbook_is_shown_and_that_is_said(
    offline: Hall, replaced: str
) -> None:
    for words in (
        ("handbook", "list"),
        ("handbook", "show", b.ZONE),
        ("board", "mill"),
        ("enterprises",),
    ):
        assert "No ledger is at hand" in offline.json(*words)["note"], words
        assert "No ledger is at hand" in offline.said(*words), words
    assert offline.json("handbook", "show", b.ZONE, "--of", "shipped")["note"] is None
    found = offline.json("handbook", "diff", b.ZONE, "shipped", replaced)
    assert len(found["differences"]) == 2
    for refused in (
        ("handbook", "show", b.ZONE, "--of", "published"),
        ("handbook", "publish", b.ZONE, "--from", replaced, *PUBLISH),
    ):
        assert "No stack is running here" in offline.refused(1, *refused)["message"]
