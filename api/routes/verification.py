"""Verification: who verified when, how the log stands, what one issue's verification finds."""

import json
from collections.abc import Set
from dataclasses import asdict
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field, JsonValue

from api.describing import PROBLEMS
from api.routes.log import COUNT_MAX, Checkpoint, LogKey, keys_in, log_in
from audit.checks import Finding
from audit.verified import kept_findings
from desk.desk import Desk
from domain.access import Act
from domain.model import Moment
from domain.streams import stream_names
from face.asking import somewhere
from face.dependencies import Caller, IssueKey, TheHouse, ZoneName, horizon_in
from face.looked import noted
from face.looking import reader_for, stands_at
from face.verifying import READ_KIND, verify_now
from ledger.postgres_log import PostgresLog
from ledger.reads import AuditReadRow
from ledger.verifications import VerificationRow

router = APIRouter(tags=["verification"])

LIST_MAX: Final = 200


class Anchored(BaseModel):
    """When somebody outside was given a checkpoint last."""

    kind: str
    target: str
    at: Moment


class LogStanding(BaseModel):
    """How long the log is, what waits for its place, what was signed and anchored when."""

    size: int
    waiting: int
    checkpoint: Checkpoint | None
    keys: list[LogKey]
    anchored: list[Anchored]


class Verified(BaseModel):
    """That somebody began to verify: when, what, up to which position."""

    at: Moment
    position: int
    by: JsonValue
    scope: JsonValue

    @classmethod
    def of(cls, row: AuditReadRow) -> "Verified":
        """Return it as it is told."""
        return cls(
            at=row.at,
            position=row.position,
            by=json.loads(row.actor),
            scope=json.loads(row.scope),
        )


class FindingTold(BaseModel):
    """One thing that is not as it was written."""

    kind: str
    stream: str
    version: int | None
    message: str
    field: str | None = None


class LastVerified(BaseModel):
    """What the last verification of the whole ledger came to. A fact of the log, which an auditor
    can prove as `kind` verification under its id."""

    id: str
    began_at: Moment
    ended_at: Moment
    by: JsonValue
    position: int = Field(description="How far the ledger went when it began.")
    size: int = Field(description="Leaves under the newest checkpoint; 0: there was none.")
    sound: bool
    findings: list[FindingTold] = Field(
        description="The first findings, at most 200, of zones in your reach."
    )
    findings_left_out: int

    @classmethod
    def of(cls, row: VerificationRow, zones: Set[str] | None) -> "LastVerified":
        """Return it as it is told to whoever sees these zones, all if None: of others and of the
        log itself they hear how much was found. Raises UnreadableRowError."""
        found = [each for each in kept_findings(row) if zones is None or _zone_of(each) in zones]
        return cls(
            id=row.id,
            began_at=row.began_at,
            ended_at=row.ended_at,
            by=json.loads(row.by),
            position=row.position,
            size=row.size,
            sound=row.sound,
            findings=[FindingTold.model_validate(asdict(each)) for each in found],
            findings_left_out=row.found - len(found),
        )


class Verification(BaseModel):
    """How the ledger stands to its proofs. `log` is null where the ledger keeps none."""

    position: int
    log: LogStanding | None
    last: LastVerified | None = Field(
        description="What the last verification of the whole ledger came to; null before any."
    )
    verified: list[Verified] = Field(description="The newest verifications, newest first.")


class IssueVerified(BaseModel):
    """What a verification of one issue found. Only that of the whole ledger proves that nothing is
    missing."""

    sound: bool
    streams: int
    events: int
    commands: int
    findings: list[FindingTold]
    findings_left_out: int


class Checkpoints(BaseModel):
    """A page of checkpoints in order of size; `after_size` asks for the next one."""

    checkpoints: list[Checkpoint]
    after_size: int | None


class AnchorTold(BaseModel):
    """That a checkpoint was given to somebody outside, and what they gave back."""

    number: int
    size: int
    kind: str
    target: str
    receipt: str
    at: Moment


class Anchors(BaseModel):
    """A page of anchors in order; `after` asks for the next one."""

    anchors: list[AnchorTold]
    after: int | None


@router.get("/verification", summary="Verifications, checkpoints, anchors: how they stand")
async def standing(
    house: TheHouse,
    caller: Caller,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=LIST_MAX, description="Verifications named.")] = 20,
) -> Verification:
    """Tell how the log stands, who verified the ledger when, and what the last verification of
    everything found. That takes its time and is run where the ledger is: `closeout verify --all`.
    """
    within = await somewhere(house.desk, caller, Act.READ_VERIFICATION)
    desk = reader_for(house, caller)
    reached = await desk.ledger.safe_position()
    await noted(house, caller, "verification", {}, reached)
    zones = None if caller.zones is None else {each.zone for each in within}
    rows = await desk.ledger.audit_reads(kind=READ_KIND, limit=limit)
    last = await desk.ledger.last_verification()
    stands_at(response, reached)
    return Verification(
        position=reached,
        log=await _log_standing(desk),
        last=None if last is None else LastVerified.of(last, zones),
        verified=[Verified.of(row) for row in rows],
    )


@router.get("/verification/checkpoints", summary="Signed checkpoints", responses=PROBLEMS(404))
async def checkpoints(
    house: TheHouse,
    caller: Caller,
    response: Response,
    after_size: Annotated[
        int, Query(ge=-1, le=COUNT_MAX, description="Go on after the checkpoint of this size.")
    ] = -1,
    limit: Annotated[int, Query(ge=1, le=LIST_MAX, description="At most so many.")] = 100,
) -> Checkpoints:
    """List the checkpoints that were signed, by size."""
    await somewhere(house.desk, caller, Act.READ_VERIFICATION)
    reached = await house.desk.ledger.safe_position()
    scope = {"of": "checkpoints", "after": after_size}
    await noted(house, caller, "verification", scope, reached)
    stands_at(response, reached)
    log = log_in(reader_for(house, caller))
    rows = await log.checkpoints(after_size=after_size, limit=limit + 1)
    return Checkpoints(
        checkpoints=[Checkpoint.of(row) for row in rows[:limit]],
        after_size=rows[limit - 1].size if len(rows) > limit else None,
    )


@router.get(
    "/verification/anchors", summary="What was given to whom outside", responses=PROBLEMS(404)
)
async def anchors(
    house: TheHouse,
    caller: Caller,
    response: Response,
    after: Annotated[int, Query(ge=0, le=COUNT_MAX, description="Go on after this number.")] = 0,
    limit: Annotated[int, Query(ge=1, le=LIST_MAX, description="At most so many.")] = 100,
) -> Anchors:
    """List which checkpoint was given to whom, and the receipt."""
    await somewhere(house.desk, caller, Act.READ_VERIFICATION)
    reached = await house.desk.ledger.safe_position()
    await noted(house, caller, "verification", {"of": "anchors", "after": after}, reached)
    stands_at(response, reached)
    rows = await log_in(reader_for(house, caller)).anchors(after=after, limit=limit + 1)
    return Anchors(
        anchors=[
            AnchorTold(
                number=row.sequence,
                size=row.size,
                kind=row.kind,
                target=row.target,
                receipt=row.receipt,
                at=row.at,
            )
            for row in rows[:limit]
        ],
        after=rows[limit - 1].sequence if len(rows) > limit else None,
    )


@router.get("/verification/{zone}/{key}", summary="Verify one issue now", responses=PROBLEMS(404))
async def verified(
    house: TheHouse, caller: Caller, zone: ZoneName, key: IssueKey, response: Response
) -> IssueVerified:
    """Check that what there is of an issue is as it was written and signed, and make every decision
    in it again. On record like every verification."""
    await horizon_in(house.desk, caller, Act.READ_VERIFICATION, zone)
    await house.desk.row(zone, key)
    reached = await reader_for(house, caller).ledger.safe_position()
    found = await verify_now(house, caller, zone, key, reached)
    stands_at(response, reached)
    return IssueVerified.model_validate(found.plain())


def _zone_of(finding: Finding) -> str:
    stream = finding.stream
    return stream_names(stream)[0] if "/" in stream else ""


async def _log_standing(desk: Desk) -> LogStanding | None:
    if not isinstance(desk.ledger, PostgresLog):
        return None
    log = desk.ledger
    newest = await log.checkpoint()
    return LogStanding(
        size=await log.log_size(),
        waiting=await log.log_waiting() + await log.log_events_waiting(),
        checkpoint=None if newest is None else Checkpoint.of(newest),
        keys=await keys_in(log),
        anchored=[
            Anchored(kind=kind, target=target, at=at)
            for (kind, target), at in sorted((await log.last_anchored()).items())
        ],
    )
