"""OCEL and XES: what a process is mined from."""

import json
import os
import typing
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from exports_made import made
from kept_ledger import KeptLedger
from ocel_schema import problems

from audit.exports.choosing import Choice
from audit.exports.distinct import Distinct
from audit.exports.fields import PERSONS, Sort, sorts
from audit.exports.objects import ALWAYS
from audit.exports.relations import FIELDS, Thing
from domain.events import Event
from domain.order_events import OrderEvent

LEDGER = KeptLedger()
REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("CLOSEOUT_SHARED", REPOSITORY / "../shared"))
SCHEMA = SHARED / "data" / "schemas" / "schema_ocel2.json"
XES = "{http://www.xes-standard.org/}"
KINDS = [
    kind for union in (Event, OrderEvent) for kind in typing.get_args(typing.get_args(union)[0])
]

NO_THINGS = {
    *("category", "origin", "priority", "report_id", "number", "code", "passed", "others"),
    *("closes", "template", "part_clock", "reason", "party", "outcome", "step", "sign_off"),
    *("mode", "clock", "rung", "effect", "row", "from_priority", "to_priority", "incident"),
    *("stage", "asked", "ground", "from_terms", "to_terms", "handbook", "calendar", "form"),
    *("command", "subject", "rule", "choice", "type", "from_phase", "phase", "method", "item"),
    *("role", "draw", "lot", "answer", "instrument", "limit_of", "came_from", "to", "ruling"),
    *("from_category", "to_category", "finish_on"),
}
"""Fields that are texts and name none of the things that a log tells of."""


@pytest.fixture(scope="module")
async def ocel(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The whole ledger as OCEL."""
    file = tmp_path_factory.mktemp("ocel") / "log.json"
    await made(LEDGER, "ocel", file)
    return read_json(file)


@pytest.fixture(scope="module")
async def xes(tmp_path_factory: pytest.TempPathFactory) -> ET.Element:
    """The whole ledger as XES."""
    file = tmp_path_factory.mktemp("xes") / "log.xes"
    await made(LEDGER, "xes", file)
    return ET.parse(file).getroot()  # noqa: S314  # written by us a moment ago


def read_json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def said(element: ET.Element) -> dict[str, str]:
    return {
        child.attrib["key"]: child.attrib["value"] for child in element if "key" in child.attrib
    }


@pytest.mark.skipif(not SCHEMA.is_file(), reason=f"no {SCHEMA.name} beside it (CLOSEOUT_SHARED)")
def test_ocel_is_what_its_schema_asks_for(ocel: Any) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))

    assert list(problems(ocel, schema)) == []
    spoilt = {**ocel, "events": [{**ocel["events"][0], "time": "yesterday"}]}
    assert len(list(problems(spoilt, schema))) == 1


def test_every_object_that_is_named_is_there_once(ocel: Any) -> None:
    ids = Counter(each["id"] for each in ocel["objects"])
    assert set(ids.values()) == {1}
    for each in (*ocel["events"], *ocel["objects"]):
        named = [relation["objectId"] for relation in each["relationships"]]
        assert set(named) <= ids.keys()
        pairs = [(r["objectId"], r["qualifier"]) for r in each["relationships"]]
        assert len(pairs) == len(set(pairs))


def test_events_and_objects_have_the_attributes_that_their_types_declare(ocel: Any) -> None:
    for types, members in (("eventTypes", "events"), ("objectTypes", "objects")):
        declared = {t["name"]: {a["name"]: a["type"] for a in t["attributes"]} for t in ocel[types]}
        assert {each["type"] for each in ocel[members]} <= declared.keys()
        for each in ocel[members]:
            for attribute in each["attributes"]:
                sort = declared[each["type"]][attribute["name"]]
                assert _reads_as(attribute["value"], sort), (each["id"], attribute)


def _reads_as(value: str, sort: str) -> bool:
    match sort:
        case "integer":
            return value.lstrip("-").isdigit()
        case "boolean":
            return value in ("true", "false")
        case "time":
            return value.endswith("Z")
        case _:
            return sort == "string"


def test_every_event_of_the_ledger_is_in_once_and_touches_its_issue(ocel: Any) -> None:
    kept = {f"{r.stream}@{r.version}": r for r in LEDGER._tables.positions}
    assert Counter(each["id"] for each in ocel["events"]) == dict.fromkeys(kept, 1)
    for each in ocel["events"]:
        record = kept[each["id"]]
        assert each["type"] == record.kind
        assert {"objectId": record.stream, "qualifier": "happened_to"} in each["relationships"]
    assert ocel["closeout"]["counts"]["events"] == len(kept)
    assert ocel["closeout"]["position"] == len(kept)


def test_an_issue_ends_with_the_attributes_that_it_has(ocel: Any) -> None:
    objects = {each["id"]: each for each in ocel["objects"]}
    for stream, row in LEDGER._tables.issues.items():
        attributes = objects[stream]["attributes"]
        last = {each["name"]: each["value"] for each in attributes}
        issue = row.issue
        assert last["phase"] == issue.phase.value
        assert last["tier"] == str(issue.tier)
        assert last["owner"] == issue.owner
        assert last.get("unit", "") == (issue.unit or "")
        assert last.get("outcome", "") == ("" if issue.outcome is None else issue.outcome.value)
        begun = {each["name"] for each in attributes if each["time"] == ALWAYS}
        assert {"zone", "category", "phase", "tier", "owner"} <= begun
        enterprise = {"objectId": f"enterprise/{issue.zone}/{issue.enterprise}", "qualifier": "of"}
        assert enterprise in objects[stream]["relationships"]


def test_parts_of_teams_belong_to_their_issue_and_are_asked_for_by_an_event(ocel: Any) -> None:
    parts = [each for each in ocel["objects"] if each["type"] == Thing.PART]
    asked = {
        relation["objectId"]
        for each in ocel["events"]
        for relation in each["relationships"]
        if relation["qualifier"] == "asked"
    }
    assert parts
    for each in parts:
        owner = {"objectId": each["id"].partition("#")[0], "qualifier": "part_of"}
        assert owner in each["relationships"]
        assert each["id"] in asked
        assert each["attributes"]
    finished = [e for e in ocel["events"] if e["type"] == "part_finished"]
    ids = {each["id"] for each in parts}
    for each in finished:
        assert any(r["objectId"] in ids for r in each["relationships"] if r["qualifier"] == "part")


def test_orders_cover_their_issues(ocel: Any) -> None:
    objects = {each["id"]: each for each in ocel["objects"]}
    for stream, kept in LEDGER._tables.orders.items():
        order = kept.order
        related = objects[stream]["relationships"]
        covered = {each["objectId"] for each in related if each["qualifier"] == "covers"}
        assert covered == {f"{order.zone}/{key}" for key in order.issues}
        last = {each["name"]: each["value"] for each in objects[stream]["attributes"]}
        assert last["standing"] == order.standing.value


async def test_an_issue_outside_the_choice_is_named_and_not_told(tmp_path: Path) -> None:
    merged = next(s for s, row in LEDGER._tables.issues.items() if row.issue.ties)
    file = tmp_path / "one.json"
    await made(LEDGER, "ocel", file, Choice(issue=merged))

    read = read_json(file)
    issues = {each["id"]: each for each in read["objects"] if each["type"] == Thing.ISSUE}
    assert issues[merged]["attributes"]
    others = [each for id_, each in issues.items() if id_ != merged]
    assert others
    assert all(each["attributes"] == [] for each in others)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.model_fields["kind"].default)
def test_every_name_in_an_event_is_known_to_be_a_thing_or_none(kind: Any) -> None:
    texts = {field for field, sort in sorts(kind).items() if sort is Sort.STRING}

    assert texts - FIELDS.keys() - NO_THINGS == set()
    assert FIELDS.keys() & NO_THINGS == set()


def test_no_word_and_no_person_is_in_either_log(ocel: Any, xes: ET.Element) -> None:
    words, persons, posts = set(), set(), set()
    for record in LEDGER._tables.positions:
        plain = json.loads(record.text)
        actor, body = plain["actor"], plain["body"]
        persons |= {actor.get("person"), body.get("owner_person")} - {None}
        posts |= {actor.get("post"), body.get("owner"), body.get("handler")}
        words |= {body[name] for name in ("text", "title", "note") if name in body}
    members = (*ocel["events"], *ocel["objects"])
    values = {each["value"] for member in members for each in member["attributes"]}
    values |= {value for each in xes.iter() for value in each.attrib.values()}

    assert persons - posts
    assert words
    assert values & (persons - posts) == set()
    assert values & (words - {None}) == set()
    assert not any(PERSONS & sorts(kind).keys() for kind in KINDS)


def test_xes_has_a_trace_for_each_issue_and_says_so(xes: ET.Element) -> None:
    traces = xes.findall(f"{XES}trace")
    head = said(xes)
    assert int(head["issues"]) == len(traces) == len(LEDGER._tables.issues)
    events = [each for trace in traces for each in trace.findall(f"{XES}event")]
    assert int(head["events"]) == len(events)
    assert int(head["ledger_position"]) == len(LEDGER._tables.positions)
    for trace in traces:
        told = said(trace)
        records = LEDGER._tables.records[told["concept:name"]]
        issue = LEDGER._tables.issues[told["concept:name"]].issue
        assert (told["phase"], told["tier"]) == (issue.phase.value, str(issue.tier))
        own = [said(each) for each in trace.findall(f"{XES}event")]
        assert [each["concept:name"] for each in own] == [record.kind for record in records]
        assert [each["ledger_hash"] for each in own] == [record.hash for record in records]
        assert [each["time:timestamp"] for each in own] == sorted(
            each["time:timestamp"] for each in own
        )


def test_xes_declares_what_it_uses(xes: ET.Element) -> None:
    prefixes = {each.attrib["prefix"] for each in xes.findall(f"{XES}extension")}
    for each in xes.iter():
        prefix, colon, _ = each.attrib.get("key", "").partition(":")
        assert not colon or prefix in prefixes
    scopes = {each.attrib["scope"]: set(said(each)) for each in xes.findall(f"{XES}global")}
    for trace in xes.findall(f"{XES}trace"):
        assert scopes["trace"] <= said(trace).keys()
        for event in trace.findall(f"{XES}event"):
            assert scopes["event"] <= said(event).keys()
    keys = {key for each in xes.findall(f"{XES}classifier") for key in each.attrib["keys"].split()}
    assert keys <= scopes["event"]


def test_names_met_are_told_once_and_described_ones_not_at_all(tmp_path: Path) -> None:
    with Distinct(tmp_path) as names:
        for number in range(3000):
            names.meet("unit", f"unit/z/{number % 700}")
            names.meet("issue", f"z/{number % 90}")
        for number in range(0, 90, 2):
            names.tell(f"z/{number}")
        found = list(names.untold())

    assert Counter(found) == {
        **{("unit", f"unit/z/{number}"): 1 for number in range(700)},
        **{("issue", f"z/{number}"): 1 for number in range(1, 90, 2)},
    }
