"""What an event costs the fold: the issue after it, and which clocks it moves."""

from dataclasses import dataclass
from pathlib import Path

from audit.corpus import corpus_files, read_corpus
from benchmarks.figures import Figure, Results, median
from benchmarks.processor import seconds_each
from domain.chain import Record, read_text
from domain.events import Event
from domain.evolve import evolve, facts_after
from domain.issue import Issue
from domain.streams import is_issue_stream
from domain.terms import Terms
from domain.timekeeping import transitions

SECTION = "fold"
CORPUS = Path(__file__).parent.parent / "tests" / "audit" / "corpus"


class DisagreementError(Exception):
    """An event moves other clocks than were recorded: what is timed is not what happened."""


@dataclass(frozen=True, slots=True)
class Step:
    """One recorded event with the issue before it, and after it with no clock moved yet."""

    record: Record
    event: Event
    before: Issue | None
    facts: Issue
    terms: Terms


def measure(results: Results, *, rounds: float, seconds: float) -> None:
    """Time folding, judging the clocks and reading over every recorded life, in turn."""
    lives = _lives()
    steps = [step for life in lives for step in life]
    _compare(steps)
    folding: list[float] = []
    judging: list[float] = []
    reading: list[float] = []
    for _ in range(int(rounds)):
        folding.append(seconds_each(lambda: _fold(lives), seconds) * 1e6)
        judging.append(seconds_each(lambda: _judge(steps), seconds) * 1e6)
        reading.append(seconds_each(lambda: _read(steps), seconds) * 1e6)
    beside = median(reading)
    for name, ours in (
        ("evolve, per event", folding),
        ("timekeeping.transitions, per event", judging),
    ):
        results.figures.append(
            Figure(SECTION, name, "µs", median(ours), beside, "reading the event's text")
        )
    clocks = " or ".join(map(str, sorted({len(step.terms.handbook.clocks) for step in steps})))
    moving = sum(bool(step.event.clocks) for step in steps)
    results.notes.append(
        f"Fold: the {len(lives)} recorded lives of the stored corpus, {len(steps)} events "
        f"({moving} of them move a clock), handbooks with {clocks} clock "
        f"rules; CPU time; rounds: {int(rounds)}. What was judged is what was recorded, each time."
    )


def _lives() -> list[list[Step]]:
    """Return every life of the corpus as steps, in order."""
    lives = []
    terms: dict[str, Terms] = {}
    for path in corpus_files(CORPUS):
        corpus = read_corpus(path)
        for hash_, text in corpus.texts.items():
            terms[hash_] = Terms.model_validate_json(text)
        issues = (stream for stream in corpus.records_of if is_issue_stream(stream))
        lives += [_steps(corpus.records_of[stream], terms) for stream in issues]
    return lives


def _steps(records: list[Record], terms: dict[str, Terms]) -> list[Step]:
    steps = []
    issue: Issue | None = None
    for record in records:
        event = record.event
        zone, key = _zone_and_key(record)
        facts = facts_after(issue, event, zone=zone, key=key, terms=record.terms)
        steps.append(Step(record, event, issue, facts, terms[record.terms]))
        issue = evolve(issue, event, zone=zone, key=key, terms=record.terms)
    return steps


def _compare(steps: list[Step]) -> None:
    """Clocks given another target, and those of parts of a team, move with the decision and not by
    the handbook's rules: events with such are left out."""
    for step in steps:
        if any(each.retarget or each.clock not in _ruled(step) for each in step.event.clocks):
            continue
        if transitions(step.facts, step.event, step.terms, step.record.rules) != step.event.clocks:
            raise DisagreementError(f"{step.record.stream}@{step.record.version}")


def _ruled(step: Step) -> set[str]:
    return {each.id for each in step.terms.handbook.clocks}


def _fold(lives: list[list[Step]]) -> int:
    """Fold each life from its report on, as a reader of the ledger does."""
    done = 0
    for life in lives:
        zone, key = _zone_and_key(life[0].record)
        issue: Issue | None = None
        for step in life:
            issue = evolve(issue, step.event, zone=zone, key=key, terms=step.record.terms)
        done += len(life)
    return done


def _judge(steps: list[Step]) -> int:
    for step in steps:
        transitions(step.facts, step.event, step.terms, step.record.rules)
    return len(steps)


def _read(steps: list[Step]) -> int:
    for step in steps:
        read_text(step.record.text)
    return len(steps)


def _zone_and_key(record: Record) -> tuple[str, str]:
    zone, _, key = record.stream.partition("/")
    return zone, key
