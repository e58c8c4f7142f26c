"""`closeout webhook …` as whoever runs the engine types it."""

import json
from pathlib import Path

import builders as b
import pytest
from stage import Stage as PlainStage

import cli


class Stage(PlainStage):
    """A stage on which the family is there."""

    def __post_init__(self) -> None:
        super().__post_init__()
        summary, panel, members = cli.FAMILIES["webhook"]
        self.application.family("webhook", summary, panel)
        for body in members:
            self.application.offer(body, panel, under="webhook")


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stage with a folder for keys, that may send to one host."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@nowhere/none")
    monkeypatch.setenv("CLOSEOUT_KEYS_DIR", str(tmp_path))
    monkeypatch.setenv("CLOSEOUT_WEBHOOK_ALLOW", "127.0.0.0/8")
    return Stage()


URL = "http://127.0.0.1:9/in"
ADD = ("webhook", "add", URL, "--name", "hotline", "--zone", b.ZONE)


def added(stage: Stage) -> dict[str, str]:
    done = stage.run(*ADD, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_a_secret_is_shown_once_and_then_never_again(stage: Stage, tmp_path: Path) -> None:
    made = added(stage)
    assert made["secret"].startswith("whsec_")
    listed = stage.run("webhook", "list")
    assert made["id"] in listed.stdout
    assert made["secret"] not in listed.stdout + stage.run("webhook", "list", "--json").stdout
    assert [path.name for path in tmp_path.iterdir()] == ["webhooks"]
    other = json.loads(stage.run("webhook", "rotate", made["id"], "--json").stdout)
    assert other["secret"] != made["secret"]


def test_a_subscription_is_paused_resumed_removed(stage: Stage) -> None:
    hook = added(stage)["id"]
    paused = stage.run("webhook", "pause", hook, "--reason", "Being rebuilt.")
    assert "paused: Being rebuilt." in " ".join(paused.stdout.split())
    assert "active" in stage.run("webhook", "resume", hook).stdout
    gone = json.loads(stage.run("webhook", "remove", hook, "--reason", "Over.", "--json").stdout)
    assert gone[0]["standing"] == "removed"
    assert json.loads(stage.run("webhook", "list", "--json").stdout) == []
    assert stage.run("webhook", "pause", hook, "--reason", "Again.").exit_code == 5


def test_nobody_is_there_so_a_test_fails_and_says_why(stage: Stage) -> None:
    hook = added(stage)["id"]
    done = stage.run("webhook", "test", hook)
    assert done.exit_code == 1
    assert "Not taken: ConnectError." in done.stdout


def test_dead_letters_are_listed_and_sent_again(stage: Stage) -> None:
    hook = added(stage)["id"]
    assert "no dead letters" in stage.run("webhook", "dead", hook).stdout
    stage.ledger._lay(hook, 3, f"{b.ZONE}/x", "buried", "HTTP 500", b.MON_9, "closeout")
    shown = stage.run("webhook", "dead", hook).stdout
    assert "HTTP 500" in shown
    assert f"{b.ZONE}/x" in shown
    assert json.loads(stage.run("webhook", "replay", hook, "--json").stdout)["events"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        ("webhook", "add", "https://10.0.0.1/", "--name", "x"),
        ("webhook", "add", "https://user:pw@example.org/", "--name", "x"),
        ("webhook", "add", URL, "--name", "x", "--kind", "no_such_kind"),
        ("webhook", "add", URL, "--name", "x", "--zone", "nowhere"),
        ("webhook", "add", URL, "--name", "x", "--issue", "no-slash"),
        ("webhook", "add", URL, "--name", "x", "--after", "99"),
    ],
)
def test_what_cannot_be_subscribed_to_is_refused(stage: Stage, wrong: tuple[str, ...]) -> None:
    done = stage.run(*wrong)
    assert done.exit_code == 3, done.output
    assert stage.run("webhook", "list", "--json").stdout.strip() == "[]"
