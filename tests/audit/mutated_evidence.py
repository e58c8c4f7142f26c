"""Everything that can be done to a file of evidence, one thing at a time."""

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from logged_facts import NEXT, SIGNER

from audit.evidence import seal_text
from domain.canonical import canonical
from domain.chain import GENESIS, link
from ledger.signing import Signer

STRANGE = Signer.from_bytes(SIGNER.name, b"\x33" * 32)
"""A key of the log's own name that nobody handed anything over to."""
UNDER_THE_SEAL_ALONE = re.compile(
    r"changed made_at|changed timeline\.\d+\.(zh|en)|removed facts\.3"
    r"|removed anchors\.0|changed anchors\.0\.(at|kind|receipt|sequence|target)"
)
"""What nothing else in the file tells of: when it was made, the wording of the timeline, that the
history of a workflow was left out, who was given the checkpoint. The log's own key can say it."""

Place = tuple[str | int, ...]


class Change(Protocol):
    """What is done to a holder at a place in it."""

    __name__: str

    def __call__(self, holder: Any, key: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Mutant:
    """What is done to a file, and how the file is made that it is done to."""

    what: str
    make: Callable[[], str | bytes]


def mutants(text: str, other: str) -> list[Mutant]:
    """Return everything; `other` is the evidence of another issue in the same log."""
    return [*_of_the_body(text, other), *_written_otherwise(text), *_sealed_otherwise(text, other)]


def resealed(body: Any, signer: Signer) -> str:
    """Return a file of this body with a seal that is right for it."""
    said = seal_text(canonical(body), str(body.get("stream")))
    return f"{canonical({'body': body, 'seal': signer.signed(said).whole})}\n"


def _of_the_body(text: str, other: str) -> Iterator[Mutant]:
    """Each change of the body as it is, sealed anew by a stranger, and by the log's own key."""
    body, others = json.loads(text)["body"], json.loads(other)["body"]

    def made(place: Place, change: Change, signer: Signer | None) -> str:
        file = json.loads(text)
        _apply(file["body"], place, change)
        return f"{canonical(file)}\n" if signer is None else resealed(file["body"], signer)

    for place, change in (*_changes(body), *_exchanges(body, others)):
        what = f"{change.__name__.strip('_')} {'.'.join(map(str, place))}"
        yield Mutant(what, partial(made, place, change, None))
        yield Mutant(f"{what}, sealed by a stranger", partial(made, place, change, STRANGE))
        if not UNDER_THE_SEAL_ALONE.fullmatch(what):
            yield Mutant(f"{what}, sealed by the log", partial(made, place, change, NEXT))
    for version in range(1, len(body["events"]) + 1):
        yield Mutant(f"rehashed from {version} on", partial(_forged, text, version))
    yield Mutant("events told a year earlier", partial(_earlier, text))


def _changes(value: Any, place: Place = ()) -> Iterator[tuple[Place, Change]]:
    if isinstance(value, dict):
        yield (*place, "unknown"), _added
        for name, each in value.items():
            yield (*place, name), _removed
            yield from _changes(each, (*place, name))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield (*place, number), _removed
            yield (*place, number), _repeated
            if number:
                yield (*place, number), _swapped
            yield from _changes(each, (*place, number))
    else:
        yield place, _changed
        yield place, _retyped


def _apply(body: Any, place: Place, change: Change) -> None:
    holder = body
    for step in place[:-1]:
        holder = holder[step]
    change(holder, place[-1])


def _added(holder: Any, key: Any) -> None:
    holder[key] = 1


def _removed(holder: Any, key: Any) -> None:
    del holder[key]


def _repeated(holder: Any, key: Any) -> None:
    holder.insert(key, holder[key])


def _swapped(holder: Any, key: Any) -> None:
    holder[key - 1], holder[key] = holder[key], holder[key - 1]


def _changed(holder: Any, key: Any) -> None:
    """Put another value of the same form in its place."""
    value = holder[key]
    if value is None:
        holder[key] = "2026-03-02T01:00:00.000Z"
    elif isinstance(value, int):
        holder[key] = value + 1
    elif re.fullmatch("[0-9a-f]{64}", value):
        holder[key] = hashlib.sha256(value.encode()).hexdigest()
    elif found := re.fullmatch(r"(.*:\d\d\.)(\d{3})(\d*Z)", value):
        holder[key] = f"{found[1]}{(int(found[2]) + 1) % 1000:03}{found[3]}"
    else:
        at = len(value) // 2
        holder[key] = f"{value[:at]}{'x' if value[at : at + 1] != 'x' else 'y'}{value[at + 1 :]}"


def _retyped(holder: Any, key: Any) -> None:
    value = holder[key]
    holder[key] = str(value) if isinstance(value, int) else [value]


def _exchanges(body: Any, others: Any) -> Iterator[tuple[Place, Change]]:
    """Parts of another issue's file in the place of its own."""
    for name, part in body.items():
        theirs = others[name]
        if part != theirs:
            yield (name,), _to(theirs)
        if isinstance(part, list):
            for number in range(min(len(part), len(theirs))):
                if part[number] != theirs[number]:
                    yield (name, number), _to(theirs[number])


def _to(theirs: Any) -> Change:
    def _exchanged(holder: Any, key: Any) -> None:
        holder[key] = theirs

    return _exchanged


def _forged(text: str, version: int) -> str:
    """Change what an event says, make every hash of the chain anew, and seal it by the log."""
    body = json.loads(text)["body"]
    said = json.loads(body["events"][version - 1]["row"]["text"])
    said["body"]["note"] = "forged"
    body["events"][version - 1]["row"]["text"] = canonical(said)
    return resealed(_rehashed(body), NEXT)


def _earlier(text: str) -> str:
    body = json.loads(text)["body"]
    for each, line in zip(body["events"], body["timeline"], strict=True):
        said = json.loads(each["row"]["text"])
        at = f"2025{said['at'][4:]}"
        said["at"] = each["row"]["at"] = line["at"] = at
        each["row"]["text"] = canonical(said)
    for row in body["commands"]:
        row["at"] = f"2025{row['at'][4:]}"
    return resealed(_rehashed(body), NEXT)


def _rehashed(body: Any) -> Any:
    previous = GENESIS
    for each in body["events"]:
        row = each["row"]
        row["previous"], row["hash"] = previous, link(previous, row["text"])
        previous = row["hash"]
    return body


def _written_otherwise(text: str) -> Iterator[Mutant]:
    """The same values in other bytes, and bytes that are no file."""
    file = json.loads(text)
    mixed = json.dumps(dict(reversed(file.items())), separators=(",", ":"), ensure_ascii=False)
    ways: dict[str, str | bytes] = {
        "no line break": text[:-1],
        "two line breaks": f"{text}\n",
        "a carriage return": text.replace("\n", "\r\n"),
        "a blank before": f" {text}",
        "a blank within": text.replace('":', '": ', 1),
        "a mark of order": f"\ufeff{text}",
        "laid out": f"{json.dumps(file, indent=1, ensure_ascii=False)}\n",
        "escaped": f"{json.dumps(file, separators=(',', ':'), sort_keys=True)}\n",
        "one letter escaped": text.replace('"body"', '"\\u0062ody"', 1),
        "in another order": f"{mixed}\n",
        "UTF-16": text.encode("utf-16"),
        "a key twice": text.replace('"seal":', '"seal":"x","seal":', 1),
        "an inner key twice": text.replace('"revision":1', '"revision":1,"revision":1', 1),
        "a fraction": text.replace('"revision":1', '"revision":1.0', 1),
        "an exponent": text.replace('"revision":1', '"revision":1e0', 1),
        "a minus": text.replace('"revision":1', '"revision":-1', 1),
        "true": text.replace('"revision":1', '"revision":true', 1),
        "not a number": text.replace('"revision":1', '"revision":NaN', 1),
        "a huge number": text.replace('"revision":1', f'"revision":1{"0" * 5000}', 1),
        "a half of a pair": text.replace('"format":"', '"format":"\\ud800', 1),
        "no UTF-8": text.encode().replace(b'"format":"', b'"format":"\xff', 1),
        "nothing": "",
        "null": "null\n",
        "a list": f"[{text[:-1]}]\n",
        "an empty object": "{}\n",
        "too deep": f"{'[' * 100_000}{']' * 100_000}\n",
        "too deep inside": f'{{"body":{"[" * 100_000}{"]" * 100_000},"seal":""}}\n',
        "two files": text + text,
    }
    yield from (_as_it_is(what, content) for what, content in ways.items())
    plain, chance = text.encode(), random.Random(6)  # noqa: S311  # which bytes is no secret
    for _ in range(40):
        at = chance.randrange(len(plain))
        flipped = plain[at] ^ 1 << chance.randrange(8)
        changed = plain[:at] + bytes([flipped]) + plain[at + 1 :]
        yield _as_it_is(f"byte {at} is {flipped}", changed)
        yield _as_it_is(f"cut at {at}", plain[:at])


def _as_it_is(what: str, content: str | bytes) -> Mutant:
    return Mutant(what, lambda: content)


def _sealed_otherwise(text: str, other: str) -> Iterator[Mutant]:
    """The body as it is, under seals that are not its own."""
    file, their = json.loads(text), json.loads(other)
    body, seal = file["body"], file["seal"]
    said = seal_text(canonical(body), body["stream"])
    elsewhere = Signer.from_bytes("elsewhere.example", b"\x22" * 32)
    line = STRANGE.signed(said).signatures[0]
    seals = {
        "by a stranger": STRANGE.signed(said).whole,
        "by the key under another name": elsewhere.signed(said).whole,
        "of another issue's file": their["seal"],
        "the checkpoint": body["checkpoint"],
        "with a stranger's beside it": f"{seal}{line.line}\n",
        "twice": f"{seal}{seal.splitlines()[-1]}\n",
        "without a line break": seal[:-1],
        "without a signature": f"{said}\n",
        "nothing": "",
        "of a longer text": NEXT.signed(f"{said}more\n").whole,
        "of the bare hash": NEXT.signed(f"{hashlib.sha256(said.encode()).hexdigest()}\n").whole,
        "with a blank more": seal.replace("\u2014 ", "\u2014  "),
        "with another dash": seal.replace("\u2014", "-"),
        "with its base64 filled up": seal.replace("\n", "=\n"),
    }
    for what, content in seals.items():
        yield _as_it_is(f"sealed {what}", f"{canonical({'body': body, 'seal': content})}\n")
    text_of, gap, signature = body["checkpoint"].rpartition("\n\n")
    size, root = text_of.split("\n")[1:3]
    points = {
        "by a stranger": STRANGE.signed(f"{text_of}\n").whole,
        "of more leaves": body["checkpoint"].replace(f"\n{size}\n", f"\n{int(size) + 1}\n", 1),
        "of another tree": NEXT.signed(f"{text_of}\n".replace(root, root[::-1][1:] + "=")).whole,
        "of another log": NEXT.signed(f"elsewhere\n{text_of.partition(chr(10))[2]}\n").whole,
        "without a signature": text_of + gap,
        "with the seal's signature": text_of + gap + seal.splitlines()[-1] + "\n",
    }
    assert signature
    for what, content in points.items():
        changed = resealed(body | {"checkpoint": content}, NEXT)
        yield _as_it_is(f"the checkpoint {what}, sealed by the log", changed)
