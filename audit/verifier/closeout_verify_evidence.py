"""Check evidence files of Closeout without Closeout, its database, or a network.

    python closeout_verify_evidence.py FILE... --key VKEY [--timeline zh|en]

Needs Python 3.11 or later and the package `cryptography`. VKEY is the verifier key of the log, from
somewhere that you trust and not from the file. Exit code: 0 all accepted, 1 some rejected, with
the place and the reason, 2 wrong usage.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT, REVISION = "closeout-evidence", 1
FILE_BYTES_MAX, NOTE_MAX, LIST_MAX = 16 * 2**20, 16 * 2**10, 100_000
GENESIS = hashlib.sha256(b"closeout: before the first event of a stream").hexdigest()
KEY_BYTES, ID_BYTES = 32, 4
OTHER_FORM = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)

Row = dict[str, Any]


class RejectedError(Exception):
    """A file does not prove what it says: where, and what is wrong there."""


def reject(where: str, what: str) -> NoReturn:
    raise RejectedError(f"{where}: {what}")


def require(holds: object, where: str, what: str) -> None:
    if not holds:
        reject(where, what)


def require_same(where: str, found: Row, wanted: Row) -> None:
    for name, value in wanted.items():
        same = name in found and canonical(found[name]) == canonical(value)
        require(same, f"{where}.{name}", f"must be {canonical(value)[:80]}")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: Any) -> str:
    """Return the one text of a value: RFC 8785, of JSON without fractions."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def unique(pairs: list[tuple[str, Any]]) -> Row:
    """Return an object that names no key twice, and none that Python sorts unlike RFC 8785."""
    named = dict(pairs)
    if len(named) < len(pairs) or any(max(name, default="") > "\uffff" for name in named):
        raise ValueError
    return named


def read_json(text: str, where: str, *, is_canonical: bool = True) -> Any:
    try:
        value = json.loads(text, object_pairs_hook=unique, parse_float=int, parse_constant=int)
        is_same = not is_canonical or canonical(value) == text
    except (ValueError, RecursionError):
        reject(where, "is no JSON with whole numbers and every key once")
    require(is_same, where, "is not as RFC 8785 writes it")
    return value


SECOND = "[0-9]{4}(?:-[0-9]{2}){2}T[0-9]{2}(?::[0-9]{2}){2}"
TEXT, HASH, OR_NULL = r"[\s\S]*", "[0-9a-f]{64}", "?"
MOMENT, ROW_MOMENT = SECOND + r"\.[0-9]{3}Z", SECOND + r"\.[0-9]{6}Z"


def columns(texts: str, numbers: str = "", hashes: str = "", **others: object) -> Row:
    """Return the form of a row: its columns by what they hold."""
    named: Row = dict.fromkeys(texts.split(), TEXT) | dict.fromkeys(hashes.split(), HASH)
    return named | dict.fromkeys(numbers.split(), int) | others


TIMES = {"at": MOMENT, "occurred_at": OR_NULL + MOMENT}
EVENT = columns("command_id kind stream text", "position rules version", **TIMES)
EVENT |= columns("", "", "command_hash hash previous terms")
COMMAND = columns("actor body id kind result stream", "count first_version rules sequence")
COMMAND |= columns("", "", "hash terms", at=ROW_MOMENT)
HISTORY = columns("closed_as run_id workflow_id", "events", "archive sha256", swept_at=ROW_MOMENT)
FACTS = {  # by kind: the column that names a fact, and all of its columns
    "command": ("id", COMMAND),
    "log_key": ("vkey", columns("vkey", "sequence", at=ROW_MOMENT, note=OR_NULL + TEXT)),
    "terms": ("hash", columns("text zone", "", "hash", at=ROW_MOMENT)),
    "workflow_history": ("run_id", HISTORY),
}
PLACE: Row = {"index": int, "path": [HASH]}
BODY = columns("checkpoint format stream", "revision", made_at=MOMENT) | {
    "anchors": [columns("kind receipt target", "sequence size", at=ROW_MOMENT)],
    "commands": [COMMAND],
    "events": [PLACE | {"row": EVENT}],
    "facts": [PLACE | {"kind": "|".join(FACTS), "row": dict}],
    "timeline": [columns("actor en kind zh", "version", **TIMES)],
}


def require_form(value: Any, form: object, where: str) -> None:
    """Reject the file unless a value has exactly the form: no key more, and none less."""
    if isinstance(form, dict):
        require(type(value) is dict, where, "must be an object")
        for name in sorted(value.keys() ^ form.keys()):
            reject(f"{where}.{name[:40]}", "is missing" if name in form else "is not known")
        for name, inner in form.items():
            require_form(value[name], inner, f"{where}.{name}")
    elif isinstance(form, list):
        require(type(value) is list and len(value) <= LIST_MAX, where, f"no list up to {LIST_MAX}")
        for number, each in enumerate(value):
            require_form(each, form[0], f"{where}[{number}]")
    elif isinstance(form, str):
        matches = type(value) is str and re.fullmatch(form.removeprefix(OR_NULL), value)
        require(matches or (form[0] == OR_NULL and value is None), where, f"must match {form}")
    else:
        is_fit = type(value) is form and (form is dict or value >= 0)
        require(is_fit, where, "must be an object" if form is dict else "must be a number from 0")


def parsed(pattern: str, text: str, where: str) -> tuple[str, ...]:
    if found := re.fullmatch(pattern, text):
        return found.groups()
    reject(where, f"must match {pattern}")


def read_base64(text: str, where: str) -> bytes:
    try:
        plain = base64.b64decode(text, validate=True)
    except ValueError:
        plain = b""
    require(plain and base64.b64encode(plain).decode() == text, where, "is not base64")
    return plain


class Key(NamedTuple):
    name: str
    id: bytes  # by which a signature names it
    raw: bytes  # Ed25519


def read_key(vkey: str, where: str) -> Key:
    name, id_, encoded = parsed(r"([^\s+]+)\+([0-9a-f]{8})\+(\S+)", vkey, where)
    plain = read_base64(encoded, where)
    require(plain[:1] == b"\x01" and len(plain) == KEY_BYTES + 1, where, "is no Ed25519 key")
    digest = hashlib.sha256(name.encode() + b"\n" + plain).digest()
    require(digest[:ID_BYTES].hex() == id_, where, "has another id than its key")
    return Key(name, digest[:ID_BYTES], plain[1:])


class Note(NamedTuple):
    text: str
    signatures: list[tuple[str, bytes, bytes]]  # name, key id, signature

    def is_signed_by(self, key: Key) -> bool:
        of_it = [s for name, id_, s in self.signatures if (name, id_) == (key.name, key.id)]
        try:
            for signature in of_it:
                Ed25519PublicKey.from_public_bytes(key.raw).verify(signature, self.text.encode())
        except (InvalidSignature, ValueError):
            return False
        return bool(of_it)


def read_note(whole: str, where: str) -> Note:
    """Return a C2SP signed note: its text, an empty line, a line for each signature."""
    require(len(whole.encode()) <= NOTE_MAX, where, f"is longer than {NOTE_MAX} bytes")
    text, _, below = whole.rpartition("\n\n")
    signatures = []
    for line in below.removesuffix("\n").split("\n"):
        name, encoded = parsed("\u2014 (\\S+) (\\S+)", line, where)
        plain = read_base64(encoded, where)
        signatures.append((name, plain[:ID_BYTES], plain[ID_BYTES:]))
    require(below.endswith("\n"), where, "must end with a line break")
    return Note(f"{text}\n", signatures)


def keys_from(trusted: Key, facts: Sequence[Row]) -> list[Key]:
    """Return the trusted key and those that the log was handed over to after it."""
    where = "body.facts of kind log_key"
    rows = [each["row"] for each in facts if each["kind"] == "log_key"]
    rows.sort(key=lambda row: row["sequence"])
    keys = [read_key(row["vkey"], where) for row in rows]
    for (row, before), (next_row, after) in pairwise(zip(rows, keys, strict=True)):
        note = read_note(next_row["note"] or "", where)
        between = (re.escape(row["vkey"]), re.escape(next_row["vkey"]), MOMENT)
        parsed("closeout log key\nfrom {}\nto {}\nat {}\n".format(*between), note.text, where)
        both = note.is_signed_by(before) and note.is_signed_by(after)
        require(both, where, "a hand-over is not signed by the key before and the key after")
    require(rows and rows[0]["note"] is None, where, "the first key is missing")
    require(trusted in keys, where, "the key that you trust is none of this log's")
    return keys[keys.index(trusted) :]


def root_above(leaf: bytes, index: int, size: int, path: Sequence[bytes], where: str) -> bytes:
    """Return the root that a path leads to from the leaf `index` of `size` (RFC 6962)."""
    require(index < size, where, "is no leaf under the checkpoint")
    require(bool(path) == (size > 1), where, "the path has another length")
    if size == 1:
        return leaf
    half = 1 << (size - 1).bit_length() - 1
    if index < half:
        below = root_above(leaf, index, half, path[:-1], where) + path[-1]
    else:
        below = path[-1] + root_above(leaf, index - half, size - half, path[:-1], where)
    return hashlib.sha256(b"\x01" + below).digest()


class Tree(NamedTuple):
    size: int
    root: bytes
    at: str

    def require_leaf(self, said: Row, place: Row, where: str) -> None:
        leaf = hashlib.sha256(b"\x00" + canonical(said).encode()).digest()
        path = [bytes.fromhex(each) for each in place["path"]]
        root = root_above(leaf, place["index"], self.size, path, where)
        require(root == self.root, where, "is not the leaf that the log has at this index")


def read_tree(whole: str, keys: Sequence[Key]) -> Tree:
    """Return the checkpoint's tree, if one of the keys signed it."""
    where = "body.checkpoint"
    note = read_note(whole, where)
    form = rf"(\S+)\n([1-9][0-9]{{0,15}})\n(\S+)\nat ({MOMENT})\n"
    origin, size, root, at = parsed(form, note.text, where)
    is_signed = any(key.name == origin and note.is_signed_by(key) for key in keys)
    require(is_signed, where, "is not signed by a key that you trust, or one that it led to")
    return Tree(int(size), read_base64(root, where), at)


def named_actor(actor: Row) -> str:
    if actor["kind"] in {"officer", "representative"}:
        deputy = f" for {actor['on_behalf_of']}" if "on_behalf_of" in actor else ""
        place = actor["post" if actor["kind"] == "officer" else "enterprise"]
        return f"{place} ({actor['person']}{deputy})"
    return f"service {actor['name']}" if actor["kind"] == "service" else "closeout"


def check_events(body: Row) -> list[Row]:
    """Hold events and timeline against the chain; return what each event's text says."""
    same_length = len(body["timeline"]) == len(body["events"]) > 0
    require(same_length, "body.timeline", "must have a line for each event")
    previous, last_at, last_position, told = GENESIS, "", 0, []
    for version, row in enumerate([each["row"] for each in body["events"]], start=1):
        where = f"body.events[{version - 1}].row"
        said = read_json(row["text"], f"{where}.text")
        chained = {"version": version, "stream": body["stream"], "previous": previous}
        require_same(where, row, chained | {"hash": sha256(previous + row["text"])})
        require_same(where, row, {name: said[name] for name in said.keys() - {"actor", "body"}})
        in_text = EVENT.keys() - {"hash", "position", "previous", "text"} | {"actor", "body"}
        require(said.keys() == in_text, f"{where}.text", "has other columns")
        require(row["at"] >= last_at, f"{where}.at", "is before the event before it")
        require(row["position"] > last_position, f"{where}.position", "is before the event before")
        previous, last_at, last_position = row["hash"], row["at"], row["position"]
        told.append(said)
        line = {name: said[name] for name in ("at", "kind", "occurred_at", "version")}
        line["actor"] = named_actor(said["actor"])
        require_same(f"body.timeline[{version - 1}]", body["timeline"][version - 1], line)
    return told


def check_commands(body: Row) -> dict[int, str]:
    """Hold the commands against the events; return the hash of each row by its first event."""
    caused: dict[int, str] = {}
    following, events = 1, [each["row"] for each in body["events"]]
    without = [each["row"] for each in body["facts"] if each["kind"] == "command"]
    for row in sorted([*body["commands"], *without], key=lambda row: row["sequence"]):
        where = f"command {row['id'][:100]}"
        of_it = events[following - 1 : following - 1 + row["count"]]
        sent = read_json(row["body"], f"{where}.body")
        answer = read_json(row["result"], f"{where}.result", is_canonical=False)
        sender = {"id": sent["id"], "actor": canonical(sent["actor"]), "stream": body["stream"]}
        placed = {"first_version": following, "count": len(of_it), "hash": sha256(row["body"])}
        require_same(where, row, sender | placed | {"kind": sent["command"]["kind"]})
        require(f"{sent['zone']}/{sent['key']}" == body["stream"], where, "is of another issue")
        cause = {"command_id": row["id"], "command_hash": row["hash"], "terms": row["terms"]}
        cause |= {"rules": row["rules"], "occurred_at": sent.get("occurred_at")}
        for event in of_it:
            require_same(where, event, cause | {"at": f"{row['at'].removesuffix('000Z')}Z"})
            caused.setdefault(following, sha256(canonical(row)))
        following += len(of_it)
        result = {"version": following - 1, "events": [event["kind"] for event in of_it]}
        require_same(f"{where}.result", answer, result | {"command_id": row["id"]})
    require(following == len(events) + 1, f"event {following}", "has no command")
    require(len(caused) == len(body["commands"]), "body.commands", "one has no events")
    return caused


def check_facts(body: Row, told: Sequence[Row]) -> None:
    judged = [each["row"] for each in [*body["events"], *body["facts"]]] + body["commands"]
    named = {row["terms"] for row in judged if "terms" in row}
    named |= {said["body"]["to_terms"] for said in told if said["kind"] == "terms_adopted"}
    for number, each in enumerate(body["facts"]):
        row, where = each["row"], f"body.facts[{number}].row"
        if each["kind"] == "workflow_history":
            require_same(where, row, {"workflow_id": f"issue/{body['stream']}"})
        if each["kind"] == "terms":
            require(row["hash"] in named, where, "is named by nothing")
            named.remove(row["hash"])
            text = read_json(row["text"], f"{where}.text")
            parts: Row = {name: sha256(canonical(text[name])) for name in ("handbook", "calendar")}
            if text.get("calendars"):
                parts["calendars"] = [sha256(canonical(own)) for own in text["calendars"]]
            require_same(where, row, {"hash": sha256(canonical(parts))})
    require(not named, "body.facts of kind terms", f"lacks {named}")


def check_places(body: Row, caused: dict[int, str], tree: Tree) -> None:
    for number, each in enumerate(body["events"]):
        leaf = {name: each["row"][name] for name in ("hash", "position", "stream", "version")}
        leaf |= {"kind": "event", "command": caused.get(number + 1)}
        tree.require_leaf(leaf, each, f"body.events[{number}]")
    names = [(each["kind"], each["row"][FACTS[each["kind"]][0]]) for each in body["facts"]]
    for number, (each, (kind, key)) in enumerate(zip(body["facts"], names, strict=True)):
        leaf = {"key": key, "kind": kind, "sha256": sha256(canonical(each["row"]))}
        tree.require_leaf(leaf, each, f"body.facts[{number}]")
    ordered: Row = {
        name: [row["sequence"] for row in body[name]] for name in ("anchors", "commands")
    }
    ordered |= {"events": [each["index"] for each in body["events"]], "facts": names}
    for name, places in ordered.items():
        in_order = all(first < second for first, second in pairwise(places))
        require(in_order, f"body.{name}", "must be in order, each of them once")
    for row in body["anchors"]:
        require_same("body.anchors", row, {"size": tree.size})


def verify(data: bytes, trusted: Key) -> tuple[Row, Tree]:
    """Return the body of a file and its tree. Raises RejectedError and one of OTHER_FORM."""
    require(len(data) <= FILE_BYTES_MAX, "file", f"is longer than {FILE_BYTES_MAX} bytes")
    text = data.decode()
    require(text.endswith("}\n"), "file", "must end with one line break")
    file = read_json(text[:-1], "file")
    require_form(file, {"body": BODY, "seal": TEXT}, "file")
    body = file["body"]
    require_same("body", body, {"format": FORMAT, "revision": REVISION})
    for number, each in enumerate(body["facts"]):
        require_form(each["row"], FACTS[each["kind"]][1], f"body.facts[{number}].row")
    keys = keys_from(trusted, body["facts"])
    tree = read_tree(body["checkpoint"], keys)
    told = check_events(body)
    check_places(body, check_commands(body), tree)
    check_facts(body, told)
    seal = read_note(file["seal"], "seal")
    said = f"{FORMAT} {REVISION}\n{body['stream']}\nsha256 {sha256(canonical(body))}\n"
    require(seal.text == said, "seal", "is not that of this body")
    is_signed = len(seal.signatures) == 1 and any(map(seal.is_signed_by, keys))
    require(is_signed, "seal", "is not signed by a key that you trust, or one that it led to")
    return body, tree


def say(line: str) -> None:
    plain = "".join(each if each.isprintable() else "\ufffd" for each in line)
    sys.stdout.buffer.write(f"{plain}\n".encode(errors="replace"))


def main() -> int:
    parser = argparse.ArgumentParser(description="Check evidence files of Closeout, offline.")
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
    parser.add_argument("--key", required=True, metavar="VKEY", help="the log's verifier key")
    parser.add_argument("--timeline", choices=("zh", "en"), help="print what happened as well")
    given = parser.parse_args()
    try:
        trusted, code = read_key(given.key, "--key"), 0
        for path in given.files:
            require(path.is_file(), str(path), "there is no such file")
    except RejectedError as error:
        parser.error(str(error))
    for path in given.files:
        try:
            with path.open("rb") as file:
                body, tree = verify(file.read(FILE_BYTES_MAX + 1), trusted)
        except (RejectedError, OSError, *OTHER_FORM) as why:
            code, is_told = 1, isinstance(why, RejectedError | OSError)
            say(f"rejected: {path}: {'' if is_told else 'of another form inside: '}{why}")
            continue
        counts = ", ".join(f"{len(body[name])} {name}" for name in ("events", "commands", "facts"))
        say(f"accepted: {path}: issue {body['stream']}: {counts}")
        say(f"  as of a checkpoint of {tree.size} leaves signed at {tree.at}; what came after it")
        say(f"  cannot be told from this file (made at {body['made_at']})")
        for line in body["timeline"] if given.timeline else ():
            say(f"{line['version']:>5}  {line['at']}  {line['actor']}  {line[given.timeline]}")
    return code


if __name__ == "__main__":
    sys.exit(main())
