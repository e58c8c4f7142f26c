"""Ledgers in files: written once, decided again wherever there is no database."""

import gzip
from pathlib import Path

import builders as b
import pytest
from played_ledger import LIFE, played

from audit.corpus import CorpusError, read_corpus, reexecute_corpus, write_corpus

STREAM = f"{b.ZONE}/{b.KEY}"


async def test_a_ledger_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    ledger = played()
    ledger.play(LIFE[:3], key="issue-2")

    corpus = read_corpus(await write_corpus(ledger, tmp_path, name="two"))

    assert [stream async for stream in corpus.streams()] == [STREAM, f"{b.ZONE}/issue-2"]
    assert await corpus.records(STREAM) == await ledger.records(STREAM)
    assert await corpus.commands(STREAM) == await ledger.commands(STREAM)
    assert await corpus.terms(b.TERMS.hash) == await ledger.terms(b.TERMS.hash)


async def test_the_same_ledger_gives_the_same_bytes(tmp_path: Path) -> None:
    ledger = played()

    first = await write_corpus(ledger, tmp_path / "a")
    second = await write_corpus(ledger, tmp_path / "b")

    assert first.read_bytes() == second.read_bytes()


async def test_every_file_of_a_folder_is_decided_again(tmp_path: Path) -> None:
    await write_corpus(played(), tmp_path, name="life")
    await write_corpus(played(*LIFE[:4]), tmp_path, name="start")

    again = await reexecute_corpus(tmp_path)

    assert {name: (found.decisions, found.identical) for name, found in again.items()} == {
        "life.jsonl.gz": (len(LIFE), len(LIFE)),
        "start.jsonl.gz": (4, 4),
    }


async def test_an_altered_file_is_named(tmp_path: Path) -> None:
    path = await write_corpus(played(), tmp_path, name="life")
    lines = gzip.decompress(path.read_bytes()).decode()
    path.write_bytes(gzip.compress(lines.replace("Papers are", "Nothing is").encode()))

    again = (await reexecute_corpus(tmp_path))["life.jsonl.gz"]

    assert again.differences


async def test_chosen_streams_only_are_written(tmp_path: Path) -> None:
    ledger = played()
    ledger.play(LIFE[:2], key="issue-2")

    corpus = read_corpus(await write_corpus(ledger, tmp_path, streams=[f"{b.ZONE}/issue-2"]))

    assert [stream async for stream in corpus.streams()] == [f"{b.ZONE}/issue-2"]


@pytest.mark.parametrize(
    "content",
    [b"", b"plain", gzip.compress(b"{}"), gzip.compress(b'{"corpus":{"format":99}}\n')],
)
def test_a_file_that_is_no_corpus_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(content)

    with pytest.raises(CorpusError, match=r"x\.jsonl\.gz"):
        read_corpus(path)
