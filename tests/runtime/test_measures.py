"""Every figure is in the table, in the documents, and on the dashboard if it is worth a look."""

import json
import re
from pathlib import Path
from typing import Any

import builders as b
import promql
import pytest
from desks import Counter, StandingClock
from faces import face_of
from house_documents import OPERATIONS, read
from watched import Stage, page_of

from api.app import make_app
from domain.errors import UnknownIssueError
from face.metrics import FaceTelemetry
from ledger.memory import MemoryLedger
from runtime.measures import MEASURES, OF_DESKS, OF_REQUESTS, OF_WORK, WATCHING, Measure
from runtime.telemetry import Telemetry

DASHBOARD = json.loads((WATCHING / "dashboard.json").read_text(encoding="utf-8"))
PANELS = [each for each in DASHBOARD["panels"] if each["type"] != "row"]
PROCESS = {"process_resident_memory_bytes", "up"}


def told(registry: Any) -> dict[str, str]:
    """Return the figures of ours that a registry tells, with their kinds."""
    lines = re.findall(r"^# TYPE (closeout_\w+) (\w+)$", page_of(registry), re.MULTILINE)
    # What was made when is told beside each, and no figure of its own.
    return {name: kind for name, kind in lines if not name.endswith("_created")}


def rows() -> list[list[str]]:
    """Return the rows of the table of figures in the documents."""
    section = read(OPERATIONS).split("\n## Metrics\n")[1].split("\n## ")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("| `closeout_")
    ]


def row_of(measure: Measure) -> list[str]:
    labels = ", ".join(f"`{label}`" for label in measure.labels)
    return [f"`{measure.name}`", f"{measure.type}, {measure.unit}", labels, measure.says]


def test_every_figure_that_is_told_is_in_the_table_and_the_other_way_round() -> None:
    worker, face = told(Telemetry().registry), told(FaceTelemetry().registry)

    assert worker == {each.name: each.type.value for each in (*OF_DESKS, *OF_WORK)}
    assert face == {each.name: each.type.value for each in (*OF_DESKS, *OF_REQUESTS)}
    assert {**worker, **face}.keys() == MEASURES.keys()


def test_every_figure_is_documented_as_it_is_and_no_other() -> None:
    assert rows() == [row_of(each) for each in MEASURES.values()]


@pytest.mark.parametrize("measure", MEASURES.values(), ids=lambda each: each.name)
def test_a_figure_is_named_as_prometheus_asks(measure: Measure) -> None:
    assert measure.name.endswith("_total") == (measure.type == "counter")
    assert measure.name.endswith("_seconds") == measure.unit.startswith("seconds")
    assert bool(measure.bounds) == (measure.type == "histogram")
    assert measure.says.endswith(".")
    assert not {"issue", "key", "person", "principal", "id", "path"} & set(measure.labels)


def test_no_document_names_a_figure_that_there_is_not() -> None:
    named = set()
    for document in (OPERATIONS, Path("docs/operations/alerts.md")):
        named |= set(re.findall(r"`(closeout_\w+)`", read(document)))

    others = {"closeout_owner", "closeout_app", "closeout_reader"}
    others |= {f"closeout_{each}" for each in ("person", "enterprise", "zones", "standings")}
    assert named - others - MEASURES.keys() == set()


def test_the_dashboard_is_one_that_grafana_reads() -> None:
    assert DASHBOARD["schemaVersion"] >= 36
    assert {"uid", "title", "templating", "time", "panels"} <= DASHBOARD.keys()
    (variable,) = DASHBOARD["templating"]["list"]
    assert (variable["name"], variable["type"]) == ("source", "datasource")
    ids = [each["id"] for each in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for each in DASHBOARD["panels"]:
        place = each["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, each["title"]
        taken |= cells


@pytest.mark.parametrize("panel", PANELS, ids=lambda each: each["title"])
def test_a_panel_says_what_it_shows_in_which_unit_and_names_known_figures(
    panel: dict[str, Any],
) -> None:
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"] in {"s", "short", "ops", "reqps", "bytes"}
    assert panel["targets"]
    assert panel["datasource"] == {"type": "prometheus", "uid": "${source}"}
    histograms = {f"{each.name}_bucket" for each in MEASURES.values() if each.bounds}
    for target in panel["targets"]:
        names = promql.names_in(target["expr"])
        assert names
        assert names <= MEASURES.keys() | histograms | PROCESS


def test_every_figure_is_on_the_dashboard() -> None:
    shown = set()
    for panel in PANELS:
        for target in panel["targets"]:
            shown |= {each.removesuffix("_bucket") for each in promql.names_in(target["expr"])}

    assert shown - PROCESS == MEASURES.keys()


async def test_every_panel_shows_something_of_an_office_at_work() -> None:
    stage, face = Stage(), FaceTelemetry()
    stage.faces.append(face.registry)
    await stage.office.reported()
    await stage.answered(b.KEY)
    for _ in range(4):
        face.begun()
        face.ended("GET", "/v1/issues", 200, 0.01, stream=False)
        rung = await stage.office.next_rung()
        stage.clock.at = max(stage.clock.at, rung.due_at)
        await stage.office.ring(rung)
        await stage.minute()

    for panel in PANELS:
        for target in panel["targets"]:
            shown = promql.evaluate(target["expr"], stage.history, stage.at_s)
            assert shown, (panel["title"], target["expr"])


async def test_a_face_counts_what_its_desk_refuses() -> None:
    face = face_of(Counter(MemoryLedger(), StandingClock()))
    app = make_app(face.house)
    with pytest.raises(UnknownIssueError):
        await face.counter.do(b.ACCEPT)

    told_now = page_of(app.state.telemetry.registry)
    assert 'closeout_refusals_total{code="unknown_issue"} 1.0' in told_now
