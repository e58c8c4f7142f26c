"""What a backup, a restore and a drill came to."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic_core import to_jsonable_python
from rich.console import Group, RenderableType
from rich.text import Text

from domain.backups import Manifest
from domain.model import written
from terminal.shown.findings import SHOWN_MAX, many, mark, rest
from terminal.shown.frames import SECOND, Sheet, facts, kept, wrapped

if TYPE_CHECKING:
    from audit.reconcile import Ahead
    from terminal.drill_acts import Drilled
    from terminal.restoring import Restored, StartedOver

MIB = 2**20
IDS_SHOWN_MAX = 3


def backed_up_plain(folder: Path, manifest: Manifest, keys: Path | None) -> dict[str, object]:
    """Return a backup for a machine."""
    return {
        "folder": str(folder),
        "keys": None if keys is None else str(keys),
        "created_at": written(manifest.created_at),
        "bytes": _bytes(manifest),
        "files": len(manifest.files),
        "point": manifest.point.model_dump(mode="json"),
    }


def backed_up(folder: Path, manifest: Manifest, keys: Path | None) -> RenderableType:
    """Return what lies where, and what is not in it."""
    point = manifest.point
    return Group(
        mark(f"{folder}: {many(point.events, 'event')} up to {point.position}", "", sound=True),
        facts(
            (
                ("  of", written(manifest.created_at)),
                (
                    "  size",
                    f"{_bytes(manifest) / MIB:,.1f} MiB, {many(len(manifest.files), 'file')}",
                ),
                ("  schema", f"migration {point.migration:04d}, rules revision {point.rules}"),
                ("  handbooks", "yours are in it" if manifest.handbooks else None),
                ("  keys", f"apart, in {keys}" if keys else "not copied: --keys FOLDER2 does"),
                ("  back", f"closeout restore {folder} --into DATA_DIR"),
            )
        ),
    )


def _bytes(manifest: Manifest) -> int:
    return sum(file.bytes for file in manifest.files)


def started_over_plain(over: "StartedOver") -> dict[str, object]:
    """Return every difference for a machine."""
    plain: dict[str, object] = to_jsonable_python(over)
    return plain


def restored_plain(found: "Restored") -> dict[str, object]:
    """Return a restore for a machine."""
    return {
        "data_dir": str(found.data_dir),
        "report": str(found.report),
        "of": written(found.manifest.created_at),
        "point": found.manifest.point.model_dump(mode="json"),
        "migrations_applied": found.applied,
        "set_by_hand": found.by_hand,
        "handbooks": None if found.handbooks is None else str(found.handbooks),
        "anything_lost": found.over.anything_lost,
        "seconds": found.seconds,
        **started_over_plain(found.over),
    }


def restored(found: "Restored") -> RenderableType:
    """Return where the ledger stands, what is lost, and what to do next."""
    point = found.manifest.point
    head = f"{found.data_dir}: the ledger of {written(found.manifest.created_at)}"
    said = f", {many(point.events, 'event')} up to {point.position}"
    took = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in found.seconds.items())
    return Group(
        mark(head + said, "", sound=True),
        Text(f"  {took}", SECOND),
        started_over(found.over),
        facts(_next(found)),
    )


def _next(found: "Restored") -> Iterator[tuple[str, str]]:
    yield "  report", f"{found.report}: every difference by name"
    for name in found.by_hand:
        yield "  put back", f"the file that {name} names; it lies with the keys"
    if found.handbooks is not None:
        yield "  set", f"CLOSEOUT_HANDBOOK_DIR={found.handbooks}"
    yield "  start", f"closeout up --data-dir {found.data_dir}"
    yield "  then", "closeout anchor --after-restore · closeout verify --all"
    if found.over.anything_lost:
        yield "  callers", "send again, under the same ids, what was acknowledged since the backup"


def started_over(over: "StartedOver") -> RenderableType:
    """Return what Temporal knew beyond the ledger, stream by stream."""
    found = over.found
    looked = f"{many(found.workflows, 'workflow')} in {many(found.runs, 'run')} compared"
    lines: list[RenderableType] = [
        mark(
            f"{looked}: {many(len(found.ahead), 'stream')} ahead of the ledger",
            f"  {many(over.ended, 'run')} ended, {over.started} start from the ledger",
            sound=not found.ahead,
        ),
    ]
    if found.ahead:
        said = f"  {many(found.commands, 'acknowledged command')} by name, "
        said += f"{many(found.unnamed, 'change')} of which only callers know the ids"
        lines.append(Text(said, "yellow"))
        heads = (kept("Where"), kept("Ledger", right=True), kept("Seen", right=True))
        sheet = Sheet((*heads, wrapped("Not in the ledger")))
        for each in found.ahead[:SHOWN_MAX]:
            sheet.add(each.stream, str(each.head), str(each.seen), "; ".join(_said(each)))
        lines += [sheet, rest(len(found.ahead))]
    if found.lost_histories:
        said = f"  {many(len(found.lost_histories), 'open issue')} without any history: "
        lines.append(Text(said + "`history_lost` says so where one was.", "yellow"))
    for named in over.to_resend[:SHOWN_MAX]:
        lines.append(Text(f"  to be sent again: {named}", "yellow"))
    for run, problem in found.unreadable[:SHOWN_MAX]:
        lines.append(Text(f"  run {run} cannot be read: {problem}", "red"))
    return Group(*lines)


def _said(each: "Ahead") -> Iterator[str]:
    for command in each.commands:
        yield f"{command.kind} {command.id} of {written(command.at)}"
    if each.unnamed:
        yield f"{many(len(each.unnamed), 'change')} without a name"
    if each.rings:
        yield f"{many(len(each.rings), 'ring')}"
    if each.told:
        yield f"{many(len(each.told), 'notice')} told"
    if each.pending:
        yield "not answered: " + ", ".join(each.pending[:IDS_SHOWN_MAX])


def drilled_plain(found: "Drilled") -> dict[str, object]:
    """Return a drill for a machine."""
    plain: dict[str, object] = to_jsonable_python(found)
    return plain | {"sound": not found.findings}


def drilled(found: "Drilled") -> RenderableType:
    """Return what was lost and found again, how long it took, and what is not as it must be."""
    lines: list[RenderableType] = [
        mark(
            f"{many(found.issues, 'issue')}, {many(found.before, 'command')} acknowledged before "
            f"the backup, {found.after} after it: {many(len(found.findings), 'finding')}",
            "",
            sound=not found.findings,
        ),
        facts(
            (
                ("  RPO", f"{found.rpo_s:.1f} s: from the backup's instant to the loss"),
                ("  RTO", f"{found.rto_s:.1f} s: from the loss until every clock rang again"),
                ("  backup", f"{found.backup_s:.1f} s, {found.backup_bytes / MIB:.1f} MiB"),
                ("  restore", ", ".join(f"{k} {v:.1f} s" for k, v in found.restore_s.items())),
                (
                    "  named",
                    f"{found.named} commands of door 2, {found.unnamed} changes of door 1 "
                    "and of rings",
                ),
                ("  rungs", f"{found.rungs} fired, none twice"),
                ("  cores", str(found.cores)),
            )
        ),
    ]
    lines += [Text(f"  {finding}", "red") for finding in found.findings[:SHOWN_MAX]]
    return Group(*lines)
