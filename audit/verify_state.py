"""How far a verification has come, in a file: whoever starts it again goes on from there."""

import json
import os
import time
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from audit.across import Across
from audit.checks import Finding, Findings
from audit.kin import KinBalance
from audit.log_checks import LogReport, Walk
from audit.log_tree import Tree
from audit.numbers import Bounded, NumberTally
from audit.vouched import VouchTally

FORMAT = "closeout verification 3"
BYTES_MAX = 256 * 1024 * 1024
EVERY_S = 5.0
NONE_YET = Findings(0, 0, 0, ())


class StateError(ValueError):
    """A file holds no state of this verification, or cannot be written. The message says why."""


@dataclass(slots=True)
class State:
    """What has been verified so far. `of` says of what: the ledger, and how far it is looked at."""

    of: dict[str, object]
    file: Path | None = None
    walk: Walk | None = None
    log: LogReport = field(default_factory=LogReport)
    log_done: bool = False
    after: str = ""
    streams: Findings = NONE_YET
    across: Across = field(default_factory=Across)
    reports: int = 0
    after_report: str = ""
    _kept_at: float = 0.0

    def keep(self, *, now: bool = False) -> None:
        """Write the state if it has not been written for a while. All of it or nothing of it.

        Raises StateError if that cannot be done; what was written last stands.
        """
        if self.file is None or not (now or time.monotonic() - self._kept_at >= EVERY_S):
            return
        data = json.dumps(self._plain(), ensure_ascii=False).encode()
        if len(data) > BYTES_MAX:
            said = f"{self.file}: a state has at most {BYTES_MAX} bytes, and this one {len(data)}"
            raise StateError(f"{said}: verify without --state")
        try:
            draft = _draft_of(self.file)
            with draft.open("wb") as opened:
                opened.write(data)
                opened.flush()
                os.fsync(opened.fileno())
            draft.replace(self.file)
        except OSError as error:
            raise _unwritable(self.file, error) from error
        self._kept_at = time.monotonic()

    def done(self) -> None:
        """Remove the file: what is done need not be gone on with. Raises StateError."""
        try:
            if self.file is not None:
                self.file.unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(self.file, error) from error

    def _plain(self) -> dict[str, object]:
        log = asdict(self.log)
        log["newest_at"] = _text(self.log.newest_at)
        walk = None
        if self.walk is not None:
            walk = {
                "tree": self.walk.tree.plain(),
                "position": self.walk.position,
                "checked": self.walk.checked,
                "last_at": _text(self.walk.last_at),
            }
        return {
            "format": FORMAT,
            "of": self.of,
            "walk": walk,
            "log": log,
            "log_done": self.log_done,
            "after": self.after,
            "streams": asdict(self.streams),
            "balance": self.across.balance.plain(),
            "numbers": self.across.numbers.plain(),
            "numbers_found": [asdict(each) for each in self.across.numbers.kept.found],
            "numbers_left_out": self.across.numbers.kept.left_out,
            "vouches": self.across.vouches.plain(),
            "reports": self.reports,
            "after_report": self.after_report,
        }


def read_state(file: Path, of: dict[str, object]) -> State:
    """Return the state in a file, or a new one if there is none. Raises StateError, also if a state
    could not be kept there: that is found out before the work, not in the middle of it."""
    try:
        draft = _draft_of(file)
        draft.touch()
        draft.unlink()
        size = file.stat().st_size if file.exists() else None
    except OSError as error:
        raise _unwritable(file, error) from error
    if size is None:
        return State(of, file)
    if size > BYTES_MAX:
        raise StateError(f"{file}: a state has at most {BYTES_MAX} bytes")
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
        form, was_of = plain["format"], plain["of"]
        state = _state(plain, of, file) if (form, was_of) == (FORMAT, of) else None
    except (OSError, ValueError, KeyError, TypeError, LookupError, AttributeError) as error:
        raise StateError(f"{file}: no state can be read: {error}") from error
    if state is not None:
        return state
    if form != FORMAT:
        raise StateError(f"{file}: the form is not {FORMAT!r}")
    differing = ", ".join(name for name in of if was_of.get(name) != of[name])
    raise StateError(
        f"{file} is the state of another verification: {differing or 'what it is of'} differs. "
        "Name another file, or remove this one."
    )


def _state(plain: dict[str, Any], of: dict[str, object], file: Path) -> State:
    walk = plain["walk"]
    log = plain["log"] | {
        "found": [Finding(**each) for each in plain["log"]["found"]],
        "newest_at": _moment(plain["log"]["newest_at"]),
    }
    streams = plain["streams"]
    across = Across()
    across.balance = KinBalance.of_plain(plain["balance"])
    across.numbers = NumberTally.of_plain(plain["numbers"])
    numbers_found = [Finding(**each) for each in plain["numbers_found"]]
    across.numbers.kept = Bounded("number", numbers_found, plain["numbers_left_out"])
    across.vouches = VouchTally.of_plain(plain["vouches"])
    return State(
        of,
        file,
        None
        if walk is None
        else Walk(
            Tree.of_plain(walk["tree"]), walk["position"], walk["checked"], _moment(walk["last_at"])
        ),
        LogReport(**{each.name: log[each.name] for each in fields(LogReport)}),
        plain["log_done"],
        plain["after"],
        Findings(**streams | {"found": tuple(Finding(**each) for each in streams["found"])}),
        across,
        plain["reports"],
        plain["after_report"],
    )


def _draft_of(file: Path) -> Path:
    return file.with_name(f".{file.name}.{os.getpid()}")


def _unwritable(file: Path | None, error: OSError) -> StateError:
    said = f"{file}: no state can be kept there: {error.strerror or error}"
    return StateError(f"{said}. Name a file in a folder that exists and may be written to.")


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
