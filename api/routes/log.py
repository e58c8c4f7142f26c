"""The transparency log: its checkpoints and keys for all who are signed in, and its proofs."""

from typing import Annotated, Final, assert_never

from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from api.describing import PROBLEMS
from audit.log_proofs import Proof, consistency, inclusion, signed
from desk.desk import Desk
from domain.access import Act, Principal
from domain.errors import InvalidRequestError, NotPermittedError
from domain.issue import stream_name
from domain.matters.matter import matter_stream
from domain.model import Code, Key, Moment
from domain.orders import order_stream
from domain.streams import StreamKind
from face.asking import not_there, somewhere
from face.dependencies import Caller, TheHouse, horizon_in, seen_row, terms_in_force
from face.elsewhere import enterprise_of
from face.looked import noted
from face.looking import POSITION, reader_for, stands_at
from face.matters import matter_sight, seen_matter
from face.supervised import seen_order
from ledger.log import CheckpointRow
from ledger.log_rows import FACT_TABLES
from ledger.postgres_log import PostgresLog

router = APIRouter(tags=["verification"])

COUNT_MAX: Final = 2**53 - 1
KEY_CHARACTERS_MAX: Final = 400

Size = Annotated[
    int | None,
    Query(ge=1, le=COUNT_MAX, description="Of the checkpoint of this size; the newest if unset."),
]


class Checkpoint(BaseModel):
    """A signed state of the log: how many leaves, their root in hex, the signed note."""

    size: int
    root: str
    at: Moment
    note: str

    @classmethod
    def of(cls, row: CheckpointRow) -> "Checkpoint":
        """Return it as it is told."""
        return cls(size=row.size, root=row.root, at=row.at, note=row.note)


class LogKey(BaseModel):
    """A key that signs from `at` on, with the hand-over of the one before it."""

    vkey: str
    at: Moment
    hand_over: str | None


class LogKeys(BaseModel):
    """The keys that signed, newest last."""

    keys: list[LogKey]


class Leaf(BaseModel):
    """A leaf of the log: its place, and its hash in hex."""

    index: int
    hash: str


class ProofTold(BaseModel):
    """Hashes in hex that lead to the root of the checkpoint: from a leaf, or from the tree of
    `since`."""

    holds: bool
    leaf: Leaf | None
    since: Checkpoint | None
    path: list[str]
    checkpoint: Checkpoint

    @classmethod
    def of(cls, proof: Proof) -> "ProofTold":
        """Return it as it is told."""
        leaf, since = proof.leaf, proof.since
        return cls(
            holds=proof.holds,
            leaf=None if leaf is None else Leaf(index=leaf.index, hash=leaf.hash.hex()),
            since=None if since is None else Checkpoint.of(since),
            path=[each.hex() for each in proof.path],
            checkpoint=Checkpoint.of(proof.checkpoint),
        )


@router.get(
    "/log/checkpoint",
    summary="A checkpoint, as others check it",
    response_class=PlainTextResponse,
    responses={
        200: {
            "description": "The signed note (C2SP).",
            "content": {
                "text/plain": {"example": "closeout/ledger\n42\n…\n\n— closeout/ledger …\n"}
            },
        },
        **PROBLEMS(404),
    },
)
async def checkpoint(house: TheHouse, caller: Caller, size: Size = None) -> PlainTextResponse:
    """Return the signed note of the newest checkpoint, or of that of a size, for everybody who is
    signed in: what one has kept, nobody can take back."""
    await somewhere(house.desk, caller, Act.READ_LOG)
    reached = await house.desk.ledger.safe_position()
    await noted(house, caller, "log", {"of": "checkpoint", "size": size}, reached)
    row = await _signed(log_in(reader_for(house, caller)), size)
    return PlainTextResponse(row.note, headers={POSITION: str(reached)})


@router.get("/log/keys", summary="The keys that signed the log", responses=PROBLEMS(404))
async def keys(house: TheHouse, caller: Caller, response: Response) -> LogKeys:
    """List the verifier keys, newest last, each with the hand-over of the one before."""
    await somewhere(house.desk, caller, Act.READ_LOG)
    reached = await house.desk.ledger.safe_position()
    await noted(house, caller, "log", {"of": "keys"}, reached)
    stands_at(response, reached)
    return LogKeys(keys=await keys_in(log_in(reader_for(house, caller))))


@router.get("/log/proof", summary="A proof out of the log", responses=PROBLEMS(404))
async def proof(
    house: TheHouse,
    caller: Caller,
    response: Response,
    zone: Annotated[Code | None, Query(description="Of an event: its issue's zone …")] = None,
    key: Annotated[Key | None, Query(description="… its issue's key …")] = None,
    version: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="… and its version.")
    ] = None,
    of: Annotated[
        StreamKind, Query(description="Whether zone and key are those of an issue.")
    ] = StreamKind.ISSUE,
    kind: Annotated[
        Code | None,
        Query(description="Of another fact: its table …", examples=["terms"]),
    ] = None,
    fact: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=KEY_CHARACTERS_MAX,
            pattern=r"^[!-~]+$",
            description="… and its key.",
        ),
    ] = None,
    since: Annotated[
        int | None,
        Query(ge=1, le=COUNT_MAX, description="Instead: that the tree of this size is the start."),
    ] = None,
    size: Size = None,
) -> ProofTold:
    """Prove that an event, or another fact, is in the log; or that the log only grew."""
    of_event = (zone, key, version)
    asked = [
        all(each is not None for each in of_event),
        kind is not None and fact is not None,
        since is not None,
    ]
    given = [any(each is not None for each in of_event), kind is not None or fact is not None]
    if sum(asked) != 1 or given != asked[:2]:
        raise InvalidRequestError(
            "Say what is to be proved.",
            field="query",
            allowed="zone, key and version; or kind and fact; or since",
        )
    desk = reader_for(house, caller)
    if zone is not None and key is not None and version is not None:
        stream = await _seen(house.desk, caller, of, zone, key)
        scope: dict[str, object] = {"zone": zone, "key": key, "version": version}
        scope |= {} if of is StreamKind.ISSUE else {"of": of.value}
    else:
        stream = ""
        act = Act.READ_LOG if since is not None else Act.READ_VERIFICATION
        await somewhere(house.desk, caller, act)
        scope = {"kind": kind, "fact": fact, "since": since}
    reached = await house.desk.ledger.safe_position()
    await noted(house, caller, "log", {"of": "proof", **scope}, reached)
    stands_at(response, reached)
    log = log_in(desk)
    row = await _signed(log, size)
    if since is not None:
        return ProofTold.of(await consistency(log, since, row))
    if kind is not None and fact is not None:
        if kind not in FACT_TABLES:
            raise InvalidRequestError(
                "The log has no such facts.", field="kind", value=kind, allowed=FACT_TABLES
            )
        return ProofTold.of(await inclusion(log, await log.log_entry_of(kind, fact), row))
    entry = await log.log_entry_of_event(stream, version or 0)
    return ProofTold.of(await inclusion(log, entry, row))


async def _seen(desk: Desk, caller: Principal, of: StreamKind, zone: str, key: str) -> str:
    """Return the stream of what the caller may see. A leaf stands for a whole event: an enterprise,
    which is told its own lines of a matter alone, could try guesses at the others against it.
    Raises NotPermittedError, UnknownIssueError, UnknownOrderError, UnknownMatterError."""
    match of:
        case StreamKind.ISSUE:
            await seen_row(desk, caller, Act.READ_ISSUES, zone, key)
            return stream_name(zone, key)
        case StreamKind.ORDER:
            within = await horizon_in(desk, caller, Act.READ_ORDERS, zone)
            await seen_order(desk.ledger, within, zone, key)
            return order_stream(zone, key)
        case StreamKind.MATTER:
            within = await horizon_in(desk, caller, Act.READ_ISSUES, zone)
            if enterprise_of(caller) is not None:
                raise NotPermittedError("You may not do this here.", field="of", value=of.value)
            handbook = (await terms_in_force(desk, zone)).handbook
            await seen_matter(desk.ledger, matter_sight(within, handbook), key)
            return matter_stream(zone, key)
        case _:
            assert_never(of)


def log_in(desk: Desk) -> PostgresLog:
    """Return the log that the ledger keeps; one in memory keeps none: 404."""
    if not isinstance(desk.ledger, PostgresLog):
        raise not_there("This ledger keeps no transparency log.")
    return desk.ledger


async def _signed(log: PostgresLog, size: int | None) -> CheckpointRow:
    try:
        return await signed(log, size)
    except InvalidRequestError as error:
        raise not_there(error.message) from error


async def keys_in(log: PostgresLog) -> list[LogKey]:
    return [LogKey(vkey=row.vkey, at=row.at, hand_over=row.note) for row in await log.log_keys()]
