"""What the log came to: its size, its checkpoints, whom they were given to, its proofs."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from audit.log_proofs import Proof
from desk.log_keeper import Carried
from domain.checkpoints import read_verifier_key
from domain.model import written
from ledger.log import CheckpointRow, LogKeyRow
from terminal.shown.findings import many
from terminal.shown.frames import SECOND, facts

ROOT_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class Standing:
    """How the log stands."""

    size: int
    waiting: int
    newest: CheckpointRow | None
    keys: tuple[LogKeyRow, ...]
    anchored: Mapping[tuple[str, str], datetime]


def carried_plain(carried: Carried, newest: CheckpointRow | None) -> dict[str, object]:
    """Return one step of the log for a machine."""
    return {
        "entries": carried.entries,
        "size": carried.size,
        "problem": carried.problem,
        "signed": carried.checkpoint is not None,
        "checkpoint": _checkpoint(newest),
        "anchors": [
            {"kind": each.kind, "target": each.target, "problem": each.problem}
            for each in carried.anchored
        ],
    }


def carried_shown(carried: Carried, newest: CheckpointRow | None) -> RenderableType:
    """Return one step of the log for people."""
    lines = [Text(f"{many(carried.entries, 'new leaf', 'new leaves')}; the log has {carried.size}")]
    if carried.problem is not None:
        lines.append(Text.assemble(("✗ ", "red"), carried.problem))
    if newest is None:
        lines.append(Text("nothing is signed: no key is named (CLOSEOUT_LOG_KEY)", "yellow"))
    else:
        said = "signed" if carried.checkpoint is not None else "signed before"
        lines.append(Text.assemble(("✓ ", "green"), f"{said}: {_told(newest)}"))
    for each in carried.anchored:
        mark = ("✓ ", "green") if each.problem is None else ("✗ ", "red")
        lines.append(Text.assemble(mark, f"{each.kind}  ", each.problem or each.target))
    if newest is not None and not carried.anchored:
        lines.append(Text("no anchor is set: whoever has the key can still rewrite all", "yellow"))
    return Group(*lines)


def standing_plain(standing: Standing) -> dict[str, object]:
    """Return how the log stands for a machine."""
    return {
        "size": standing.size,
        "waiting": standing.waiting,
        "checkpoint": _checkpoint(standing.newest),
        "keys": [{"vkey": row.vkey, "at": row.at} for row in standing.keys],
        "anchored": [
            {"kind": kind, "target": target, "at": at}
            for (kind, target), at in sorted(standing.anchored.items())
        ],
    }


def standing_shown(standing: Standing) -> RenderableType:
    """Return how the log stands for people."""
    newest, keys = standing.newest, standing.keys
    rows = [
        ("leaves", f"{standing.size}; {many(standing.waiting, 'fact')} waiting"),
        ("signed", "never" if newest is None else _told(newest)),
        ("not signed yet", f"{standing.size - (0 if newest is None else newest.size)} leaves"),
        ("key", read_verifier_key(keys[-1].vkey).id.hex() if keys else "none"),
    ]
    rows += [
        (f"anchor {kind}", f"{target}  {written(at)}")
        for (kind, target), at in sorted(standing.anchored.items())
    ]
    return facts(rows)


def proof_plain(proof: Proof) -> dict[str, object]:
    """Return a proof for a machine: hashes in hex."""
    leaf, since = proof.leaf, proof.since
    return {
        "holds": proof.holds,
        "leaf": None if leaf is None else {"index": leaf.index, "hash": leaf.hash.hex()},
        "since": None if since is None else _checkpoint(since),
        "path": [each.hex() for each in proof.path],
        "checkpoint": _checkpoint(proof.checkpoint),
    }


def proof_shown(proof: Proof) -> RenderableType:
    """Return a proof for people: hashes in base64, as C2SP writes them."""
    if proof.leaf is not None:
        said = f"leaf {proof.leaf.index}, {proof.leaf.hash.hex()}, is under"
    else:
        said = f"the tree of {0 if proof.since is None else proof.since.size} is the beginning of"
    mark = ("✓ ", "green") if proof.holds else ("✗ does not hold: ", "red")
    path = "\n".join(f"  {base64.b64encode(each).decode()}" for each in proof.path)
    return Group(
        Text.assemble(mark, said, f" {_told(proof.checkpoint)}"),
        Text(path or "  (no hash is needed)", SECOND),
        Text(proof.checkpoint.note.rstrip("\n")),
    )


def _told(row: CheckpointRow) -> str:
    return f"{row.size} leaves, root {row.root[:ROOT_CHARACTERS]}…, {written(row.at)}"


def _checkpoint(row: CheckpointRow | None) -> dict[str, object] | None:
    if row is None:
        return None
    return {"size": row.size, "root": row.root, "at": row.at, "note": row.note}
