"""One file proves one issue to a stranger, and nothing in it can be changed."""

import ast
import copy
import json
import random
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import builders as b
import pytest
from deep import FOUND, IN_CHECK, IN_FULL, deep
from logged_facts import AT, NEXT, SIGNER, LoggedFacts, logged, other_key
from mutated_evidence import mutants, resealed
from played_ledger import LIFE, PlayedLedger
from stranger import VERIFIER, Stranger, stranger

from audit.corpus import corpus_files, read_corpus
from audit.evidence import EvidenceError, NotLoggedError, make_evidence
from audit.evidence_text import ENVELOPE, LABELS, told
from demo.cases import read_cases
from domain.canonical import canonical
from domain.chain import GENESIS, Origin, recorded
from domain.events import Event, IssueReported
from domain.orders import order_stream
from domain.personal import Sealed, SealedContact
from domain.phases import Origin as HowKnown
from domain.phases import Priority

__all__ = ["stranger"]
FOLDER = Path(__file__).with_name("corpus")
STREAM = f"{b.ZONE}/{b.KEY}"
OTHER = f"{b.ZONE}/issue-2"


@pytest.fixture(scope="module")
async def whole() -> LoggedFacts:
    """A log of two issues and a history, whose key was handed over."""
    ledger = PlayedLedger()
    ledger.play(LIFE)
    ledger.play((*LIFE[:3], *LIFE[2:3]), key="issue-2")
    facts = LoggedFacts(ledger)
    facts.add_key(SIGNER)
    await facts.take(OTHER)
    facts.hand_over(SIGNER, NEXT)
    await facts.take(STREAM)
    facts.add_history(OTHER, "run-0")
    facts.add_history(STREAM)
    facts.sign(NEXT)
    return facts


@pytest.fixture(scope="module")
async def text(whole: LoggedFacts) -> str:
    """The evidence of one issue in it."""
    return (await make_evidence(whole, whole, STREAM, NEXT, AT)).text


@IN_CHECK
async def test_the_life_of_every_issue_on_record_is_accepted_in_an_empty_environment(
    stranger: Stranger,
) -> None:
    """All cases and stories of the demonstration, and every life of the stored ledgers."""
    streams, files, events = set(), [], 0
    for path in corpus_files(FOLDER):
        facts, issues = await logged(read_corpus(path))
        made = [await make_evidence(facts, facts, stream, SIGNER, AT) for stream in issues]
        streams |= set(issues)
        files += [each.text for each in made]
        events += sum(each.events for each in made)

    said = stranger.judges(files, SIGNER.key.text)

    assert streams >= {f"{case.zone}/{case.key}" for case in read_cases()}
    assert [line for line in said if not line.startswith("accepted: issue ")] == []
    print(f"\nevidence of {len(files)} issues, {events} events: all accepted")


@pytest.mark.timeout(600 if IN_FULL else 120)
async def test_no_mutated_file_is_accepted(
    whole: LoggedFacts, text: str, stranger: Stranger
) -> None:
    """Each change three times: as it is, sealed by a stranger, and sealed by the log's own key."""
    other = (await make_evidence(whole, whole, OTHER, NEXT, AT)).text
    every = mutants(text, other)
    assert len(every) > 3000
    chosen = random.Random(1)  # noqa: S311  # which are tried is no secret
    tried = chosen.sample(every, deep("mutated evidence files", len(every)))
    files = [each.make() for each in tried]
    assert text not in files

    said = stranger.judges(files, SIGNER.key.text)

    verdicts = zip(tried, said, strict=True)
    accepted = [each.what for each, line in verdicts if not line.startswith("rejected: ")]
    assert accepted == []
    FOUND.append(f"mutated files tried {len(tried)}, accepted 0")


async def test_a_key_that_was_handed_over_is_trusted_through_the_one_before(
    text: str, stranger: Stranger
) -> None:
    (by_first,) = stranger.judges([text], SIGNER.key.text)
    (by_second,) = stranger.judges([text], NEXT.key.text)
    (by_none,) = stranger.judges([text], other_key("x").text)

    assert by_first == by_second == f"accepted: issue {STREAM}: 12 events, 10 commands, 4 facts"
    assert by_none == (
        "rejected: body.facts of kind log_key: the key that you trust is none of this log's"
    )


async def test_a_file_may_not_cost_its_reader_much(text: str, stranger: Stranger) -> None:
    file: Any = json.loads(text)
    file["body"]["checkpoint"] += file["body"]["checkpoint"].split("\n")[-2] * 1000 + "\n"
    long = f"{canonical(file)}\n"
    vast = text[:-1] + " " * (17 << 20) + "\n"
    deep_inside = text.replace('"result":"', '"result":"' + "[" * 100_000, 1)

    said = stranger.judges([long, vast, deep_inside], NEXT.key.text)

    assert said[0] == "rejected: body.checkpoint: is longer than 16384 bytes"
    assert said[1] == "rejected: file: is longer than 16777216 bytes"
    assert ".result: is no JSON" in said[2]


async def test_a_rejection_names_the_place(text: str, stranger: Stranger) -> None:
    def changed(*place: str | int, to: object) -> str:
        file: Any = copy.deepcopy(json.loads(text))
        holder = file["body"]
        for step in place[:-1]:
            holder = holder[step]
        holder[place[-1]] = to
        return resealed(file["body"], NEXT)

    files = [
        changed("events", 3, "row", "position", to=900),
        changed("events", 3, "row", "rules", to=9),
        changed("timeline", 2, "actor", to="somebody"),
        changed("commands", 1, "body", to="{}"),
        changed("made_at", to="yesterday"),
        changed("facts", 0, "row", "sequence", to=-1),
    ]

    said = stranger.judges(files, NEXT.key.text)

    assert [line.removeprefix("rejected: ").split(":")[0] for line in said] == [
        "body.events[4].row.position",
        "body.events[3].row.rules",
        "body.timeline[2].actor",
        "of another form inside",
        "file.body.made_at",
        "body.facts[0].row.sequence",
    ]


async def test_the_seal_alone_says_that_nothing_was_left_out_at_the_end(
    text: str, stranger: Stranger
) -> None:
    """What a chain cannot tell of itself. Whoever has the log's key could; another reader of the
    log who holds a longer file of the issue finds it."""
    file = json.loads(text)
    body = file["body"]
    body["commands"].pop()
    for name in ("events", "timeline"):
        body[name] = body[name][:-1]
    cut = resealed(body, NEXT)
    file["seal"] = json.loads(text)["seal"]

    as_it_is, sealed_anew = stranger.judges([f"{_canonical(file)}\n", cut], SIGNER.key.text)

    assert as_it_is == "rejected: seal: is not that of this body"
    assert sealed_anew.startswith(f"accepted: issue {STREAM}: 11 events")


async def test_the_timeline_is_told_in_both_languages(text: str, stranger: Stranger) -> None:
    (stranger.folder / "told.json").write_text(text, encoding="utf-8")
    told = {
        language: stranger.runs(
            "told.json", "--key", NEXT.key.text, "--timeline", language
        ).stdout.splitlines()[3:]
        for language in ("zh", "en")
    }

    assert len(told["zh"]) == len(told["en"]) == 12
    assert "问题上报；企业：" in told["zh"][0]
    assert "reported: " in told["en"][0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "the following arguments are required"),
        (("none.json", "--key", SIGNER.key.text), "none.json: there is no such file"),
        (("none.json", "--key", "key"), "--key: must match"),
        (("none.json", "--key", SIGNER.key.text.replace("+1", "+2")), "another id than its key"),
    ],
)
def test_wrong_usage_is_told_apart_from_a_file_that_is_rejected(
    arguments: tuple[str, ...], said: str, stranger: Stranger
) -> None:
    done = stranger.runs(*arguments)

    assert done.returncode == 2
    assert said in done.stderr


def test_a_personal_text_is_told_of_as_sealed() -> None:
    sealed = Sealed(key_id="0" * 16, nonce="n" * 16, subject="person-1", text="Y2lwaGVy")
    event = IssueReported(
        at=b.MON_9,
        by=b.ENTERPRISE,
        enterprise="acme",
        category="roads",
        title="No power",
        text="Since dawn.",
        origin=HowKnown.ENTERPRISE,
        priority=Priority.ORDINARY,
        tier=1,
        owner="desk",
        owner_person=None,
        contact=SealedContact(name=sealed, phone=sealed),
    )
    origin = Origin(STREAM, "id", "0" * 64, "0" * 64, 1)

    (line,) = told(recorded([event], origin, after_version=0, previous=GENESIS))

    assert "联系人：姓名 （已密封），电话 （已密封）" in str(line["zh"])
    assert "Y2lwaGVy" not in f"{line}"


def test_every_field_of_every_event_has_a_name_in_chinese() -> None:
    kinds = get_args(get_args(Event)[0])
    fields = {name for kind in kinds for name in kind.model_fields} - ENVELOPE

    assert len(kinds) > 90
    assert fields - LABELS.keys() == set()


def test_the_verifier_is_one_short_file_that_imports_nothing_of_ours() -> None:
    source = VERIFIER.read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(source)))
    imported = {each.name for node in nodes if isinstance(node, ast.Import) for each in node.names}
    imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}

    assert len(source.splitlines()) < 400
    assert {name.split(".")[0] for name in imported} - sys.stdlib_module_names == {"cryptography"}


async def test_what_is_not_under_a_checkpoint_yet_is_told(whole: LoggedFacts) -> None:
    empty = LoggedFacts(whole.facts)
    behind = copy.copy(whole)
    behind.signed = []
    behind.entries = whole.entries[:15]
    behind.sign(NEXT)

    with pytest.raises(NotLoggedError, match="no checkpoint yet"):
        await make_evidence(empty, empty, STREAM, NEXT, AT)
    with pytest.raises(NotLoggedError, match="is not signed by"):
        await make_evidence(whole, whole, STREAM, SIGNER, AT)
    with pytest.raises(NotLoggedError, match=r"event \d+ of .* under the newest checkpoint, of 15"):
        await make_evidence(behind, behind, STREAM, NEXT, AT)


async def test_a_ledger_that_contradicts_its_log_gives_no_evidence(whole: LoggedFacts) -> None:
    assert isinstance(whole.facts, PlayedLedger)
    tampered = replace(whole.facts, events=await whole.records(STREAM))
    forged = copy.copy(whole)
    forged.facts = tampered
    tampered.forge(3, "roads.", "water.")

    with pytest.raises(EvidenceError, match=r"event 3 of .* is not what the log has of it"):
        await make_evidence(forged, forged, STREAM, NEXT, AT)
    tampered.alter_event(4, rules=9)
    with pytest.raises(EvidenceError, match="event 5: column rules is not what the text says"):
        await make_evidence(forged, forged, STREAM, NEXT, AT)
    with pytest.raises(EvidenceError, match="has no events"):
        await make_evidence(whole, whole, "nowhere/1", NEXT, AT)
    with pytest.raises(EvidenceError, match="is a supervision order"):
        await make_evidence(whole, whole, order_stream("z", "1"), NEXT, AT)


def _canonical(file: object) -> str:
    return json.dumps(file, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
