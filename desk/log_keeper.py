"""Carries the transparency log on: gives facts their places, signs checkpoints, anchors them."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import structlog

from domain.checkpoints import (
    Checkpoint,
    NoteError,
    VerifierKey,
    hand_over_text,
    read_checkpoint,
    read_note,
    read_verifier_key,
)
from domain.model import to_millisecond
from ledger.log import CheckpointRow, TransparencyLog
from ledger.port import LedgerError, LedgerUnavailableError
from ledger.signing import LogKeyError, Signer

log = structlog.get_logger()

LEAVES_A_STEP = 5000
LEAVES_A_ROUND_MAX = 1_000_000
CLOCK_SLACK = timedelta(seconds=10)
"""What the clocks of two machines that sign in turn may differ."""


class LogBrokenError(LedgerError):
    """The tree is not the one that was signed before: nothing is signed over it."""


class ClockBehindError(LedgerError):
    """The clock tells a time before the newest checkpoint's: nothing is signed."""


class AnchorError(LedgerError):
    """Somebody outside did not take a checkpoint."""


class Anchor(Protocol):
    """Somebody outside the database who is given checkpoints."""

    @property
    def kind(self) -> str:
        """The way in which it is given them."""
        ...

    @property
    def target(self) -> str:
        """Who it is, without secrets."""
        ...

    async def give(self, note: str) -> str:
        """Hand over a signed note; return the receipt. Raises AnchorError."""
        ...


@dataclass(frozen=True, slots=True)
class Anchored:
    """What came of giving a checkpoint to one anchor. `problem`: why it was not taken."""

    kind: str
    target: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """What one round did: facts that got places, the tree's size, the checkpoint signed.

    `problem`: why a fact that waits can get no place; what came before it is signed all the same.
    """

    entries: int
    size: int
    checkpoint: CheckpointRow | None
    anchored: tuple[Anchored, ...] = ()
    problem: str | None = None


class LogKeeper:
    """The one who signs; without a signer, facts only get their places. Any number may run at
    once: each sees what the others signed.

    `memory` is a file beside the key: what this one signed last. Without it somebody who takes the
    checkpoints out of the database could have a shorter log signed anew. Every method raises
    LedgerUnavailableError while the ledger is out of reach.
    """

    def __init__(
        self,
        ledger: TransparencyLog,
        signer: Signer | None,
        anchors: Sequence[Anchor] = (),
        *,
        anchor_every: timedelta = timedelta(hours=1),
        memory: Path | None = None,
    ) -> None:
        self._log = ledger
        self._signer = signer
        self._anchors = tuple(anchors)
        self._anchor_every = anchor_every
        self._memory = memory

    async def carry_on(self, at: datetime, *, anchor_now: bool = False) -> Carried:
        """Give every fact that waits its place, sign the tree if it grew, and anchor what is due.

        Raises LogBrokenError, ClockBehindError, LogKeyError: then nothing was signed.
        """
        at, signer = to_millisecond(at), self._signer
        if signer is None:
            entries, problem = await self._extend()
            return Carried(entries, await self._log.log_size(), None, problem=problem)
        await self._remember(signer)
        await self._enter_key(signer, at)
        entries, problem = await self._extend()
        newest = await self._log.checkpoint()
        size = await self._log.log_size()
        await self._check(newest, size, at)
        if entries >= LEAVES_A_ROUND_MAX:
            # Of an old ledger: a checkpoint now would be younger than what gets its place next.
            return Carried(entries, size, None, problem=problem)
        signed = None
        if newest is None or size > newest.size:
            signed = await self._sign(signer, size, at, newest)
        latest = signed or newest
        anchored = () if latest is None else await self._anchor(latest, at, now=anchor_now)
        return Carried(entries, size, signed, anchored, problem)

    async def hand_over(self, after: Signer, at: datetime) -> None:
        """Give the log to another key: both sign that. Repeated, it changes nothing."""
        keys, before = await self._log.log_keys(), self._signer
        if keys and keys[-1].vkey == after.key.text:
            return
        if before is None:
            raise LogKeyError("The key that signs now is not named: set CLOSEOUT_LOG_KEY.")
        await self._enter_key(before, to_millisecond(at))
        text = hand_over_text(before.key, after.key, to_millisecond(at))
        note = after.signed(text, *before.signed(text).signatures)
        await self._log.put_log_key(after.key.text, note.whole, to_millisecond(at))
        self._signer = after

    @property
    def key(self) -> VerifierKey | None:
        """The key in whose name this keeper signs."""
        return None if self._signer is None else self._signer.key

    async def _enter_key(self, signer: Signer, at: datetime) -> None:
        """The first key is entered as it is. A later one needs the hand-over of the one before."""
        keys = await self._log.log_keys()
        if not keys:
            await self._log.put_log_key(signer.key.text, None, at)
        elif keys[-1].vkey != signer.key.text:
            newest = read_verifier_key(keys[-1].vkey)
            raise LogKeyError(
                f"The log is signed by the key {newest.id.hex()} now, and the key given here is "
                f"{signer.key.id.hex()}. Put the right file in place, or hand the log over: "
                "`closeout log rotate`."
            )

    async def _extend(self) -> tuple[int, str | None]:
        entries = 0
        try:
            while entries < LEAVES_A_ROUND_MAX:
                more = await self._log.log_extend(LEAVES_A_STEP)
                if not more:
                    break
                entries += more
        except LedgerUnavailableError:
            raise
        except LedgerError as error:
            log.warning("fact_gets_no_place", why=str(error)[:200])
            return entries, str(error)
        return entries, None

    async def _remember(self, signer: Signer) -> None:
        """Hold the log against what was signed last, as the file beside the key has it."""
        if self._memory is None or not self._memory.exists():
            return
        try:
            note = read_note(self._memory.read_text(encoding="utf-8"))
            last = read_checkpoint(note.text)
        except (OSError, UnicodeDecodeError, NoteError) as error:
            raise LogKeyError(
                f"{self._memory}: the last checkpoint cannot be read: {error}"
            ) from error
        if last.origin != signer.name:
            raise LogKeyError(f"{self._memory} is of the log {last.origin}, not of {signer.name}.")
        size = await self._log.log_size()
        if size < last.size or await self._log.log_root((0, last.size)) != last.root:
            raise LogBrokenError(
                f"The log does not begin with the {last.size} leaves that were signed last "
                f"({self._memory}). Nothing is signed. If the database was restored from a backup: "
                "`closeout anchor --after-restore`."
            )

    async def _check(self, newest: CheckpointRow | None, size: int, at: datetime) -> None:
        if newest is None:
            return
        if at < newest.at - CLOCK_SLACK:
            raise ClockBehindError(
                f"The newest checkpoint is of {newest.at.isoformat()}, and the clock says "
                f"{at.isoformat()}. Nothing is signed until the clock is right."
            )
        is_whole = size >= newest.size
        if not is_whole or (await self._log.log_root((0, newest.size))).hex() != newest.root:
            raise LogBrokenError(
                f"The first {newest.size} leaves are not those that were signed. Nothing more is "
                "signed. `closeout verify --all` names what was changed."
            )

    async def _sign(
        self, signer: Signer, size: int, at: datetime, newest: CheckpointRow | None
    ) -> CheckpointRow | None:
        root = await self._log.log_root((0, size))
        stated = at if newest is None else max(at, newest.at)
        point = Checkpoint(signer.name, size, root, stated)
        row = CheckpointRow(size, root.hex(), stated, signer.signed(point.text).whole)
        if not await self._log.put_checkpoint(row):
            return None
        if self._memory is not None:
            await asyncio.to_thread(_keep, self._memory, row.note)
        return row

    async def _anchor(self, row: CheckpointRow, at: datetime, *, now: bool) -> tuple[Anchored, ...]:
        """Give the newest checkpoint to whom it is due. One that fails keeps none of the others."""
        if not self._anchors:
            return ()
        given = await self._log.last_anchored()
        done = []
        for anchor in self._anchors:
            last = given.get((anchor.kind, anchor.target))
            if not now and last is not None and at - last < self._anchor_every:
                continue
            try:
                receipt = await anchor.give(row.note)
            except AnchorError as error:
                log.warning(
                    "anchor_refused", kind=anchor.kind, target=anchor.target, why=str(error)
                )
                done.append(Anchored(anchor.kind, anchor.target, str(error)))
                continue
            await self._log.put_anchor(row.size, anchor.kind, anchor.target, receipt, at)
            done.append(Anchored(anchor.kind, anchor.target))
        return tuple(done)


def _keep(file: Path, note: str) -> None:
    """Write what was signed last, whole or not at all."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8") as opened:
            opened.write(note)
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(file)
    except OSError as error:
        raise LogKeyError(f"{file}: what was signed cannot be kept: {error}") from error
