"""`closeout replay`: of one issue or all, in words and for machines, with an exit code."""

import asyncio
import gzip
import hashlib
import json
from pathlib import Path

import builders as b
import pytest
from stage import Stage

from ledger.port import HistoryRow

SAMPLE = Path(__file__).parents[1] / "histories" / "sample_histories.json.gz"
STRANGE = "issue/harbour/t1"
HALF = "ring:harbour/t1:handling:1:at-50"


@pytest.fixture
def with_a_strange_history(accepted: Stage) -> Stage:
    """A ledger whose archive has the history of an issue that was never reported to it."""
    kept = json.loads(gzip.decompress(SAMPLE.read_bytes()))["histories"]
    found = next(row for row in kept if row["workflow_id"] == STRANGE)
    plain = found["history"].encode()
    row = HistoryRow(
        run_id=found["run_id"],
        workflow_id=STRANGE,
        closed_as="COMPLETED",
        events=len(json.loads(plain)["events"]),
        sha256=hashlib.sha256(plain).hexdigest(),
        archive=gzip.compress(plain),
        swept_at=b.FRI_9,
    )
    asyncio.run(accepted.ledger.put_history(row))
    return accepted


def test_one_issue_is_replayed_by_its_name(with_a_strange_history: Stage) -> None:
    told = with_a_strange_history.json("replay", b.ZONE, b.KEY, "--offline")

    assert (told["sound"], told["streams"], told["decisions"]["identical"]) == (True, 1, 2)
    assert told["histories"] == {"archived": 0, "running": 0, "replayed": 0, "failures": []}


def test_naming_none_is_the_same_as_all(accepted: Stage) -> None:
    assert accepted.json("replay", "--offline") == accepted.json("replay", "--all", "--offline")


def test_one_issue_and_all_together_is_wrong_usage(accepted: Stage) -> None:
    result = accepted.run("replay", b.ZONE, b.KEY, "--all", "--offline")

    assert result.exit_code == 2
    assert "say --all" in result.output


def test_an_issue_that_is_not_there_is_named(accepted: Stage) -> None:
    result = accepted.run("replay", b.ZONE, "nowhere", "--offline")

    assert result.exit_code == 5
    assert "nowhere" in result.output


def test_what_is_found_is_told_by_issue_run_event_and_field(with_a_strange_history: Stage) -> None:
    result = with_a_strange_history.run("replay", "--offline", "--json")
    told = json.loads(result.stdout)

    assert (result.exit_code, told["sound"]) == (6, False)
    assert told["histories"]["replayed"] == told["histories"]["archived"] == 1
    found = {each["about"]: each for each in told["records"]["found"]}
    ring = found[HALF]
    assert (ring["kind"], ring["stream"], ring["field"]) == ("surplus", "harbour/t1", "input")
    assert ring["run_id"]
    assert ring["event_id"] > 1
    words = " ".join(with_a_strange_history.run("replay", "--offline").stdout.split())
    assert "✗ in both records: 0 rings" in words
    assert f"{ring['event_id']} input {HALF}" in words
