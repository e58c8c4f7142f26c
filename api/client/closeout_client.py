"""A client of Closeout's HTTP face in one file: it needs Python 3.11 and httpx2, nothing else.

    with Closeout("http://127.0.0.1:8686", token="ck_…") as closeout:
        issue = closeout.report("xinghe", {"enterprise": "xinghe-optics", …}, key="A01")
        closeout.command("xinghe", "A01", {"kind": "accept"}, expected_version=issue.version)
        for event in closeout.follow(after=issue.position):
            print(event.type, event.data)

What is sent carries an id that is made once, so that a try that was lost on its way is sent again
without happening twice. Refusals are `Refused` and say why. It blocks: from asyncio, call it by
`asyncio.to_thread`.
"""

import json
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx2

TRIES_MAX = 6
PAUSE_FIRST_S = 0.2
PAUSE_LAST_S = 10.0
PAUSE_TOLD_S = 60.0
TIMEOUT = httpx2.Timeout(30.0, connect=5.0)
STREAM = httpx2.Timeout(60.0, connect=5.0)
"""A stream sends a sign of life more often than that; without one it is opened again."""
BAD = 400
AGAIN = frozenset({408, 425, 429, 502, 503, 504})

Json = dict[str, Any]
T = TypeVar("T")


class CloseoutError(Exception):
    """Whatever this client raises."""


class Refused(CloseoutError):  # noqa: N818  # a refusal is an answer, not a fault
    """The face answered with a problem (RFC 9457). `code` is stable; `field`, `value` and `allowed`
    say what is wrong; `current` how the issue stands, where it has moved on."""

    def __init__(self, status: int, problem: Mapping[str, Any], request_id: str | None) -> None:
        self.status = status
        self.code = str(problem.get("code", "unknown"))
        self.detail: str | None = problem.get("detail")
        self.field: str | None = problem.get("field")
        self.value: str | None = problem.get("value")
        self.allowed: str | None = problem.get("allowed")
        self.current: dict[str, str] = dict(problem.get("current") or {})
        self.request_id = request_id
        super().__init__(f"{status} {self.code}: {self.detail or problem.get('title', '')}")


class Unauthenticated(Refused):
    """The token is missing or no good (401)."""


class NotPermitted(Refused):
    """Whoever the token is of may not do this (403)."""


class Unknown(Refused):
    """There is no such thing, or not for this caller (404)."""


class Conflict(Refused):
    """The issue has moved on, or the id stands for another request (409)."""


class Invalid(Refused):
    """Something in the request is wrong (400, 422)."""


class Unavailable(CloseoutError):  # noqa: N818  # as above
    """The face was not reached, or too busy, for as often as it was tried. What was sent may have
    happened all the same: send it again under the same id."""


KINDS: Mapping[int, type[Refused]] = {
    400: Invalid,
    401: Unauthenticated,
    403: NotPermitted,
    404: Unknown,
    409: Conflict,
    422: Invalid,
}


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue. `raw` is all that was told of it; `position` how far the ledger went."""

    zone: str
    key: str
    version: int
    phase: str
    title: str = ""
    category: str = ""
    enterprise: str = ""
    tier: int = 1
    owner: str = ""
    handler: str = ""
    number: str | None = None
    outcome: str | None = None
    deadline_at: str | None = None
    overdue: bool = False
    position: int = 0
    replayed: bool = False
    raw: Json = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Result:
    """What a command came to. `repeated`: it was carried out before, and is answered again."""

    command_id: str
    zone: str
    key: str
    at: str
    version: int
    events: tuple[str, ...]
    number: str | None = None
    repeated: bool = False
    position: int = 0
    raw: Json = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of an issue's timeline, with a sentence in Chinese and in English."""

    version: int
    at: str
    kind: str
    title: dict[str, str]
    told: Json
    position: int = 0
    raw: Json = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the stream. `position` is where to go on after."""

    id: str
    type: str
    zone: str
    key: str
    version: int
    position: int
    time: str
    actor: dict[str, str]
    data: Json
    raw: Json = field(default_factory=dict, repr=False)


def _made(kind: type[T], plain: Json, **more: Any) -> T:
    """Make a value of what is known of it; what is new is in `raw`."""
    known = {each.name for each in fields(kind)}  # type: ignore[arg-type]  # all are dataclasses
    said = {name: value for name, value in plain.items() if name in known and value is not None}
    if isinstance(said.get("events"), list):
        said["events"] = tuple(said["events"])
    return kind(**(said | more | {"raw": plain}))


def _path(zone: str, key: str, rest: str = "") -> str:
    return f"/v1/issues/{quote(zone, safe='')}/{quote(key, safe='')}{rest}"


def _post(path: str, id_: str | None, body: Json) -> Json:
    """Return a request that is the same at every try: its id is made here."""
    said = {name: value for name, value in body.items() if value is not None}
    made = id_ or str(uuid.uuid4())
    return {"method": "POST", "url": path, "json": said, "headers": {"Idempotency-Key": made}}


def _read(path: str, params: Mapping[str, Any], **headers: str) -> Json:
    said = {name: value for name, value in params.items() if value is not None}
    return {"method": "GET", "url": path, "params": said, "headers": headers}


def _position(answer: httpx2.Response) -> int:
    said = answer.headers.get("Closeout-Position", "")
    return int(said) if said.isdigit() else 0


def _issue(answer: httpx2.Response) -> Issue:
    replayed = answer.headers.get("Idempotency-Replayed") == "true"
    return _made(Issue, answer.json(), position=_position(answer), replayed=replayed)


def _refused(answer: httpx2.Response) -> Refused:
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    kind = KINDS.get(answer.status_code, Refused)
    said = problem if isinstance(problem, dict) else {}
    return kind(answer.status_code, said, answer.headers.get("X-Request-Id"))


def _pause_s(tried: int, answer: httpx2.Response | None = None) -> float:
    """How long to wait before the next try: as long as the face says, or twice as long each time,
    and never all at once."""
    said = "" if answer is None else str(answer.headers.get("Retry-After", ""))
    chance = random.random()  # noqa: S311  # no secret
    if said.isdigit():
        return min(float(said), PAUSE_TOLD_S) + chance * PAUSE_FIRST_S
    return min(PAUSE_FIRST_S * float(2**tried), PAUSE_LAST_S) * (0.5 + chance)


class _Reader:
    """Reads a stream of server-sent events line by line; `after` moves with each whole event."""

    def __init__(self, after: int | None) -> None:
        self.after = after
        self._lines: list[str] = []
        self._id: int | None = None

    def request(self, filters: Mapping[str, Any]) -> Json:
        """Return the request that goes on where this came to."""
        made = _read("/v1/events", filters, Accept="text/event-stream")
        if self.after is not None:
            made["headers"]["Last-Event-ID"] = str(self.after)
        return made

    def take(self, line: str) -> Event | None:
        """Take a line; return the event that it ends, if it ends one."""
        if line:
            if line.startswith("data:"):
                self._lines.append(line[5:].removeprefix(" "))
            elif line.startswith("id:") and line[3:].strip().isdigit():
                self._id = int(line[3:])
            return None
        text, self.after = "\n".join(self._lines), self.after if self._id is None else self._id
        self.cut()
        plain = json.loads(text) if text else None
        return _made(Event, plain) if isinstance(plain, dict) and "type" in plain else None

    def cut(self) -> None:
        """Forget what was half read."""
        self._lines, self._id = [], None


class Closeout:
    """The face at `url`, asked with a token: an API key (`ck_…`) or a JWT.

    Every method may raise `Refused` and `Unavailable`. `**acting`: `post`, `on_behalf_of`, `actor`,
    `occurred_at`, `under`, as the document of the face (`/openapi.json`) says.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        language: str = "en",
        tries_max: int = TRIES_MAX,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._tries_max = tries_max
        who = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._http = httpx2.Client(
            base_url=url,
            headers={"Accept-Language": language, **who},
            timeout=TIMEOUT,
            trust_env=False,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def report(
        self,
        zone: str,
        report: Json,
        *,
        key: str | None = None,
        id: str | None = None,
        **acting: Any,
    ) -> Issue:
        """Report an issue. Under the same `id` it is the same issue, however often it is sent."""
        body = {"zone": zone, "key": key, "report": report, **acting}
        return _issue(self._ask(_post("/v1/issues", id, body)))

    def command(
        self,
        zone: str,
        key: str,
        command: Json,
        *,
        id: str | None = None,
        expected_version: int | None = None,
        **acting: Any,
    ) -> Result:
        """Ask something of an issue: `{"kind": "accept"}` …; `Conflict` if it has moved on."""
        body = {"command": command, "expected_version": expected_version, **acting}
        answer = self._ask(_post(_path(zone, key, "/commands"), id, body))
        return _made(Result, answer.json(), position=_position(answer))

    def issue(self, zone: str, key: str, **travel: Any) -> Issue:
        """Return an issue; `as_of`, `known_at`: as it stood; `wait_for`: a position to wait for."""
        return _issue(self._ask(_read(_path(zone, key), travel)))

    def clocks(self, zone: str, key: str, **travel: Any) -> Json:
        """Return the clocks of an issue, each with its derivation."""
        found: Json = self._ask(_read(_path(zone, key, "/clocks"), travel)).json()
        return found

    def timeline(self, zone: str, key: str, *, after: int = 0, **travel: Any) -> Iterator[Entry]:
        """Yield what has happened to an issue, page after page."""
        following: int | None = after
        while following is not None:
            asked = _read(_path(zone, key, "/timeline"), {**travel, "after": following})
            page = self._ask(asked).json()
            yield from (_made(Entry, each) for each in page["events"])
            following = page.get("next")

    def issues(self, **filters: Any) -> Iterator[Issue]:
        """Yield the issues within one's sight that filters leave, page after page."""
        cursor: str | None = None
        while True:
            page = self._ask(_read("/v1/issues", {**filters, "cursor": cursor})).json()
            yield from (_made(Issue, each, position=page["position"]) for each in page["issues"])
            cursor = page.get("next")
            if cursor is None:
                return

    def follow(self, *, after: int | None = None, **filters: Any) -> Iterator[Event]:
        """Yield events as they come, for as long as they are asked for: after a position, or from
        now on. A connection that ends is opened again where it ended; nothing is told twice."""
        reader, tried = _Reader(after), 0
        while True:
            try:
                with self._http.stream(**reader.request(filters), timeout=STREAM) as answer:
                    if answer.status_code >= BAD:
                        answer.read()
                    if self._judged(answer, tried):
                        if reader.after is None:
                            reader.after = _position(answer) or None
                        for line in answer.iter_lines():
                            tried = 0
                            if event := reader.take(line):
                                yield event
            except httpx2.TransportError as error:
                if tried + 1 >= self._tries_max:
                    raise Unavailable(f"{type(error).__name__}: {error}") from error
            reader.cut()
            time.sleep(_pause_s(tried))
            tried += 1

    def wait_for(
        self, zone: str, key: str, holds: Callable[[Issue], bool], *, within_s: float = 60.0
    ) -> Issue:
        """Return the issue once something holds of it. Raises TimeoutError."""
        ends, pause_s = time.monotonic() + within_s, PAUSE_FIRST_S
        while not holds(found := self.issue(zone, key)):
            if time.monotonic() + pause_s > ends:
                raise TimeoutError(f"{zone}/{key} stands at version {found.version}: {found.phase}")
            time.sleep(pause_s)
            pause_s = min(1.5 * pause_s, 2.0)
        return found

    def _ask(self, request: Json) -> httpx2.Response:
        for tried in range(self._tries_max):
            answer = None
            try:
                answer = self._http.request(**request)
                if self._judged(answer, tried):
                    return answer
            except httpx2.TransportError as error:
                if tried + 1 == self._tries_max:
                    raise Unavailable(f"{type(error).__name__}: {error}") from error
            time.sleep(_pause_s(tried, answer))
        raise Unavailable("not tried at all")

    def _judged(self, answer: httpx2.Response, tried: int) -> bool:
        """Return whether an answer is one; raise what it refuses; False: try again."""
        if answer.status_code < BAD:
            return True
        if answer.status_code not in AGAIN:
            raise _refused(answer)
        if tried + 1 >= self._tries_max:
            raise Unavailable(f"{answer.status_code} after {tried + 1} tries")
        return False
