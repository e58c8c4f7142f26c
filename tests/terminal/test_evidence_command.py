"""`closeout evidence make` and `verifier`, typed, on a real PostgreSQL."""

import json

import builders as b
from stranger import VERIFIER, Stranger, stranger
from test_transparency_commands import Typed, typed

__all__ = ["stranger", "typed"]


async def test_the_evidence_of_an_issue_is_made_and_accepted_by_a_stranger(
    typed: Typed, stranger: Stranger
) -> None:
    file = typed.folder / "issue.json"
    stream = f"{b.ZONE}/{b.KEY}"

    made = await typed.json("evidence", "make", stream, str(file), "--anchor")
    reads = await typed.json("reads", "--kind", "evidence")
    refused = await typed.run("evidence", "make", stream, str(file), "--json")
    shown = await typed.run("evidence", "make", stream, str(file), "--force")

    (said,) = stranger.judges([file.read_text(encoding="utf-8")], made["vkey"])
    assert said.startswith(f"accepted: issue {stream}: 1 events, 1 commands, ")
    assert (made["events"], made["commands"]) == (1, 1)
    assert len(reads) == 1
    assert stream in json.dumps(reads)
    assert refused.exit_code == 3
    assert json.loads(refused.stdout)["error"]["allowed"] == "a new name, or --force"
    assert shown.exit_code == 0
    assert "issue.json --key VKEY" in shown.output
    assert made["vkey"] in shown.output
    assert [each.name for each in typed.folder.glob("issue.json*")] == ["issue.json"]


async def test_without_the_key_or_the_issue_nothing_is_written(typed: Typed) -> None:
    file = typed.folder / "issue.json"
    words = ("evidence", "make", f"{b.ZONE}/{b.KEY}", str(file), "--json")

    no_key = await typed.run(*words, CLOSEOUT_LOG_KEY="")
    nobody = await typed.run(*words[:2], f"{b.ZONE}/nobody", *words[3:])

    assert no_key.exit_code == 1
    assert "CLOSEOUT_LOG_KEY" in no_key.stdout
    assert nobody.exit_code == 5
    assert list(typed.folder.glob("issue.json*")) == []


async def test_the_verifier_is_printed_as_it_is(typed: Typed) -> None:
    source = VERIFIER.read_text(encoding="utf-8")

    printed = await typed.run("evidence", "verifier")

    assert printed.stdout == source
    assert (await typed.json("evidence", "verifier"))["source"] == source
