"""schemathesis over the document of a face: so many requests, all checks, what it finds."""

import json
import traceback
from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import builders as b
from faces import Face
from sampling import Impatient
from schemathesis import SerializationContext, openapi, serializer
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk.travelling import wait_for
from domain.access import Acting, Principal, Standing

SEED: Final = 20260907
MEANT: Final = {
    ("GET /v1/templates/{kind}/{channel}/{language}", "use_after_free"): "what is deleted is the "
    "operators' own template: the shipped one counts again",
}
"""What a check takes for wrong and is as the document says, and why."""
EVERYTHING: Final = Principal(
    id="key:everything",
    name="everything",
    standings=(Standing.SERVICE, Standing.AUDITOR, Standing.OPERATOR),
    acting=(Acting.OFFICERS, Acting.REPRESENTATIVES),
)
"""Reaches every route, so that what lies behind the refusals is tried."""

STATES: Final = Principal(id="user:states", name="states", person=b.COORDINATOR.person)
"""Reaches what no service may: what an office states for good."""

SEMANTIC: Final = ["2xx", "304", "400", "401", "403", "404", "406", "409", "412", "413", "415"]
SEMANTIC += ["422", "428", "429", "503"]
"""What a request that fits the document may still be told: it knows forms, not handbooks. What 503
was told for, the test looks at by itself."""
REJECTED: Final = ["400", "401", "403", "404", "405", "406", "409", "412", "413", "414", "415"]
REJECTED += ["422", "428", "503"]
"""What one that does not fit it may be told."""
KNOWN: Final = {
    "zones": [b.ZONE],
    "keys": [b.KEY, "A02", "A03"],
    "enterprises": ["mill", "bakery"],
    "categories": ["road-access"],
    "procedures": ["visits", "loans", "staff", "resumption", "supplies"],
}


for media in ("application/toml", "text/csv"):

    @serializer(media)
    def _as_text(context: SerializationContext, value: Any) -> bytes:
        return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@dataclass
class Found:
    """What a run came to."""

    requests: int = 0
    operations: set[str] = field(default_factory=set)
    statuses: Tally[int] = field(default_factory=Tally)
    unavailable: set[str] = field(default_factory=set)
    """The codes that 503 was told with."""
    wrong: list[str] = field(default_factory=list)


class Counted:
    """An application whose requests are counted."""

    def __init__(self, app: ASGIApp, found: Found) -> None:
        self.app = app
        self.found = found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""

        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self.found.requests += 1
                self.found.statuses[status] += 1
            elif status == 503 and message.get("body"):
                self.found.unavailable.add(json.loads(message["body"])["code"])
            await send(message)

        await self.app(scope, receive, sending)


def fuzz(
    face: Face,
    *,
    examples: int,
    coverage: bool = False,
    walks: int = 0,
    only: str | None = None,
    requests_max: int = 100_000,
    principal: Principal = EVERYTHING,
) -> Found:
    """Ask a face by its document as somebody. `examples`: so many requests for each operation by
    chance; `coverage`: every bound of every field; `walks`: so many ways along the links."""
    found = Found()
    face.house.identity.people["everything"] = principal  # type: ignore[attr-defined]  # a test's own
    app = Counted(Impatient(face.app), found)
    config = SchemathesisConfig.from_dict(settings(examples, coverage=coverage, walks=walks))
    schema = openapi.from_asgi("/openapi.json", app, config=config)
    if only is not None:
        schema = schema.include(path_regex=only)
    with _at_once():
        for event in from_schema(schema).execute():
            take(event, found)
            if found.requests > requests_max:
                break
    return found


@contextmanager
def _at_once() -> Iterator[None]:
    """Have nobody wait for a position that does not come: of requests by chance many ask for one,
    and each would stand for seconds."""
    defaults: Any = wait_for.__kwdefaults__
    before = defaults["within"]
    defaults["within"] = timedelta(0)
    try:
        yield
    finally:
        defaults["within"] = before


def take(event: events.EngineEvent, found: Found) -> None:
    """Note what an event tells of."""
    if isinstance(event, events.ScenarioFinished):
        recorder = event.recorder
        for case_id, checks in recorder.checks.items():
            case = recorder.cases[case_id].value
            found.operations.add(case.operation.label)
            for check in checks:
                is_meant = (case.operation.label, check.name) in MEANT
                if check.failure_info is not None and not is_meant:
                    failure = check.failure_info.failure
                    found.wrong.append(
                        f"{case.operation.label}: {check.name}: {failure.title}: "
                        f"{failure.message[:600]}\n    {check.failure_info.code_sample[:900]}"
                    )
    elif isinstance(event, events.NonFatalError):
        found.wrong.append(f"{event.label}: {event.value!r}"[:900])
    elif isinstance(event, events.FatalError):
        found.wrong.append("".join(traceback.format_exception(event.exception))[-1500:])


def settings(examples: int, *, coverage: bool, walks: int) -> dict[str, Any]:
    """Return how schemathesis is to go about it."""
    return {
        "seed": SEED,
        "headers": {"Authorization": "Test everything"},
        "continue-on-failure": True,
        "max-stream-events": 2,
        "request-timeout": 20,
        "dictionaries": {name: {"values": values} for name, values in KNOWN.items()},
        "parameters": {
            "zone": {"dictionary": "zones", "probability": 0.7},
            "key": {"dictionary": "keys", "probability": 0.7},
            "enterprise": {"dictionary": "enterprises", "probability": 0.7},
            "category": {"dictionary": "categories", "probability": 0.7},
            "procedure": {"dictionary": "procedures", "probability": 0.7},
        },
        "generation": {
            "max-examples": examples,
            "no-shrink": True,
            "database": "none",
            "with-security-parameters": False,
        },
        "checks": {
            "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "503"]},
            "positive_data_acceptance": {"expected-statuses": SEMANTIC},
            "negative_data_rejection": {"expected-statuses": REJECTED},
        },
        "phases": {
            "examples": {"enabled": coverage},
            "coverage": {"enabled": coverage},
            "fuzzing": {"enabled": examples > 0},
            "stateful": {
                "enabled": walks > 0,
                "generation": {"max-examples": max(1, walks)},
                "max-steps": 6,
            },
        },
    }
