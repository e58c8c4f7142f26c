"""`closeout verify`: what it takes, what it says, and with which code it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import builders as b
from databases import Database
from deep import IN_CHECK
from logged_ledger import OURS, STREAM, changed, logged

FOUND, WRONG = 6, 2
ROOT = Path(__file__).parents[2]


def closeout(*words: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, without any setting of the person who runs the tests."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("CLOSEOUT_")}
    return subprocess.run(
        [sys.executable, "cli.py", *words],
        cwd=ROOT,
        env=kept | env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@IN_CHECK
async def test_verify_says_what_it_looked_at_and_what_it_found(
    database: Database, tmp_path: Path
) -> None:
    trusted, given = tmp_path / "log.vkeys", tmp_path / "notes"
    trusted.write_text(f"{OURS.key.text}\n")
    env = {"CLOSEOUT_DATABASE_URL": database.app_url, "CLOSEOUT_LOG_TRUST": str(trusted)}
    async with logged(database) as (ledger, outside):
        given.write_text("\n".join(outside.notes))
        sizes = [row.size for row in await ledger.checkpoints()]
    whole = ("verify", "--all", "--anchors", str(given))

    left = closeout(*whole, "--json", env=env)
    assert left.returncode == FOUND, left.stdout + left.stderr
    answer = json.loads(left.stdout)
    assert answer["streams"] == 2
    assert (answer["log"]["is_trusted"], answer["log"]["outside"]) == (True, 1)
    # Nobody rang the open issue's rungs, which have been due since March.
    named = {(each["stream"], each["kind"], each["field"]) for each in answer["findings"]}
    assert named == {(f"{b.ZONE}/issue-2", "rung", "unaccounted")}

    kept = closeout("verify", "--last", "--json", env=env)
    assert kept.returncode == FOUND
    last = json.loads(kept.stdout)
    assert last["findings"] == answer["findings"]
    assert (last["found"], last["size"]) == (len(answer["findings"]), answer["log"]["newest_size"])
    shown = closeout("verify", "--last", env=env)
    assert f"position {last['position']}" in shown.stdout
    assert "unaccounted" in shown.stdout

    told = closeout("verify", *STREAM.split("/"), env=env)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "12 events" in told.stdout

    wrong = closeout("verify", "--all", "--since", "1", env=env)
    assert wrong.returncode == WRONG
    assert str(sizes[-1]) in wrong.stderr

    sql = "UPDATE issue SET owner = 'head-west' WHERE stream LIKE '%/issue-1'"
    async with changed(database, sql):
        since = closeout(*whole, "--since", str(sizes[0]), env=env)
        assert STREAM not in since.stdout, "what was before is not looked at"
        found = closeout(*whole, "--jobs", "2", "--json", env=env)
    said = [each for each in json.loads(found.stdout)["findings"] if each["kind"] != "rung"]
    # PostgreSQL itself makes `hands` of the owner and others: whom lists show the issue to.
    assert [(each["stream"], each["version"], each["kind"], each["field"]) for each in said] == [
        (STREAM, 12, "column", "owner"),
        (STREAM, 12, "column", "hands"),
    ]
