"""The peer: what a careful team writes by hand for the same work, on asyncpg and nothing else.

A state column on a row that is locked FOR UPDATE, an event table chained by SHA-256, a deadlines
table that a loop polls, repeats answered from a table of results. Eight round trips a command:
BEGIN, look for the command's id, lock the row, update it, insert the event, upsert the deadline,
keep the result, COMMIT. Its pool, like ours, does not reset a connection that goes back.
"""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg

SCHEMA = """
CREATE TABLE issue (
    id text PRIMARY KEY, state text NOT NULL, tier integer NOT NULL, owner text NOT NULL,
    handler text NOT NULL, title text NOT NULL, paused_at timestamptz, left_s double precision,
    due_at timestamptz, version integer NOT NULL, hash text NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE TABLE event (
    issue text NOT NULL, version integer NOT NULL, kind text NOT NULL, at timestamptz NOT NULL,
    actor text NOT NULL, command_id text NOT NULL, body text NOT NULL, previous text NOT NULL,
    hash text NOT NULL, PRIMARY KEY (issue, version)
);
CREATE TABLE deadline (issue text PRIMARY KEY, due_at timestamptz, fired_at timestamptz);
CREATE INDEX deadline_due ON deadline (due_at) WHERE fired_at IS NULL;
CREATE TABLE command (
    id text PRIMARY KEY, issue text NOT NULL, kind text NOT NULL, actor text NOT NULL,
    body text NOT NULL, at timestamptz NOT NULL, result text NOT NULL
);
"""
COMMAND = "SELECT body, result FROM command WHERE id = $1"
LOCK = """
SELECT state, tier, owner, handler, paused_at, left_s, due_at, version, hash
FROM issue WHERE id = $1 FOR UPDATE
"""
INSERT_ISSUE = """
INSERT INTO issue (id, state, tier, owner, handler, title, due_at, version, hash, changed_at)
VALUES ($1, 'handling', 1, $2, $2, $3, $4, 0, '', $5)
"""
UPDATE = """
UPDATE issue SET state = $2, tier = $3, owner = $4, handler = $5, paused_at = $6, left_s = $7,
    due_at = $8, version = $9, hash = $10, changed_at = $11
WHERE id = $1
"""
EVENT = """
INSERT INTO event (issue, version, kind, at, actor, command_id, body, previous, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
DEADLINE = """
INSERT INTO deadline (issue, due_at) VALUES ($1, $2)
ON CONFLICT (issue) DO UPDATE SET due_at = excluded.due_at, fired_at = NULL
"""
RESULT = """
INSERT INTO command (id, issue, kind, actor, body, at, result) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
DUE = """
UPDATE deadline SET fired_at = now() WHERE issue IN (
    SELECT issue FROM deadline WHERE fired_at IS NULL AND due_at <= now()
    ORDER BY due_at LIMIT 100 FOR UPDATE SKIP LOCKED)
"""

TIERS = {1: "officer", 2: "head", 3: "director"}
DAYS_TO_HANDLE = 3
POLL_SECONDS = 0.5
SATURDAY = 5


class RefusedError(Exception):
    """The command does not fit the state of the issue."""


@dataclass(frozen=True, slots=True)
class Request:
    """One command."""

    id: str
    issue: str
    actor: str
    kind: str
    fields: dict[str, object]


@dataclass(slots=True)
class State:
    """The locked row."""

    state: str
    tier: int
    owner: str
    handler: str
    paused_at: datetime | None
    left_s: float | None
    due_at: datetime | None
    version: int
    hash: str


class Peer:
    """Carries out commands against the schema above."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    async def open_issue(self, issue: str) -> None:
        """Open an issue that is being handled."""
        at = datetime.now(UTC)
        due_at = working_days_after(at, DAYS_TO_HANDLE)
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(
                INSERT_ISSUE, issue, TIERS[1], "The gate is blocked", due_at, at
            )
            await connection.execute(DEADLINE, issue, due_at)

    async def carry_out(self, request: Request) -> dict[str, object]:
        """Carry out `request` once, whoever sends it again."""
        body = text_of({"actor": request.actor, "kind": request.kind, **request.fields})
        async with self.pool.acquire() as connection, connection.transaction():
            stored = await connection.fetchrow(COMMAND, request.id)
            if stored is not None:
                if stored["body"] != body:
                    raise RefusedError("this id stands for another command")
                return json.loads(stored["result"])
            row = await connection.fetchrow(LOCK, request.issue)
            if row is None:
                raise RefusedError("no such issue")
            state, at = State(*row), datetime.now(UTC)
            decide(state, request, at)
            previous, state.version = state.hash, state.version + 1
            event = text_of(
                {
                    "actor": request.actor,
                    "at": at.isoformat(),
                    "body": request.fields,
                    "command": request.id,
                    "issue": request.issue,
                    "kind": request.kind,
                    "version": state.version,
                }
            )
            state.hash = hashlib.sha256((previous + event).encode()).hexdigest()
            await connection.execute(
                UPDATE,
                request.issue,
                state.state,
                state.tier,
                state.owner,
                state.handler,
                state.paused_at,
                state.left_s,
                state.due_at,
                state.version,
                state.hash,
                at,
            )
            await connection.execute(
                EVENT,
                request.issue,
                state.version,
                request.kind,
                at,
                request.actor,
                request.id,
                event,
                previous,
                state.hash,
            )
            await connection.execute(DEADLINE, request.issue, state.due_at)
            result = {"version": state.version, "state": state.state, "at": at.isoformat()}
            await connection.execute(
                RESULT,
                request.id,
                request.issue,
                request.kind,
                request.actor,
                body,
                at,
                text_of(result),
            )
        return result

    async def live(self, requests: Sequence[Request]) -> None:
        """Let one issue live: the first request is its report."""
        await self.open_issue(requests[0].issue)
        for request in requests[1:]:
            await self.carry_out(request)

    async def poll(self) -> None:
        """Fire what has fallen due, for ever."""
        while True:
            await self.pool.execute(DUE)
            await asyncio.sleep(POLL_SECONDS)


def decide(state: State, request: Request, at: datetime) -> None:
    """Change `state` as the command asks, or refuse."""
    if state.state == "closed":
        raise RefusedError("closed")
    match request.kind:
        case "note":
            pass
        case "assign":
            state.handler = str(request.fields["handler"])
        case "pause":
            if state.state != "handling" or state.due_at is None:
                raise RefusedError("not being handled")
            state.left_s = (state.due_at - at).total_seconds()
            state.state, state.paused_at, state.due_at = "paused", at, None
        case "resume":
            if state.state != "paused" or state.left_s is None:
                raise RefusedError("not paused")
            state.due_at = at + timedelta(seconds=state.left_s)
            state.state, state.paused_at, state.left_s = "handling", None, None
        case "escalate" | "deescalate":
            tier = state.tier + (1 if request.kind == "escalate" else -1)
            if tier not in TIERS:
                raise RefusedError("no such tier")
            state.tier, state.owner, state.handler = tier, TIERS[tier], TIERS[tier]
            state.due_at = working_days_after(at, DAYS_TO_HANDLE)
        case _:
            decide_of_life(state, request, at)


def decide_of_life(state: State, request: Request, at: datetime) -> None:
    """Change `state` as one of the commands asks that an issue hears once in its life."""
    match request.kind:
        case "accept":
            state.due_at = working_days_after(at, DAYS_TO_HANDLE)
        case "hand_over":
            state.owner = state.handler = str(request.fields["unit"])
        case "propose_resolution":
            state.state, state.due_at = "proposed", working_days_after(at, DAYS_TO_HANDLE)
        case "confirm":
            if state.state != "proposed":
                raise RefusedError("nothing was proposed")
            state.state = "confirmed"
        case "verify":
            if state.state != "confirmed":
                raise RefusedError("not confirmed")
            state.state, state.due_at = "closed", None
        case _:
            raise RefusedError(request.kind)


def working_days_after(at: datetime, days: int) -> datetime:
    """Return the same time of day, `days` working days later: Monday to Friday, no holidays."""
    while days:
        at += timedelta(days=1)
        days -= at.weekday() < SATURDAY
    return at


def text_of(value: dict[str, object]) -> str:
    """Return sorted JSON without spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


async def open_pool(url: str, size: int) -> asyncpg.Pool:
    """Return a pool like that of the desk."""

    async def leave_as_it_is(_connection: object) -> None:
        """A reset would cost each command one round trip more."""

    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        reset=leave_as_it_is,
        server_settings={"plan_cache_mode": "force_generic_plan", "jit": "off"},
    )
