"""Texts that mean harm to SQL, in every string of every address of the document, over a real
PostgreSQL: nothing fails, nothing of others is told, and the tables stay whole."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

import builders as b
import pytest
from databases import Database
from deep import FOUND, IN_CHECK, deep
from desks import StandingClock
from sampling import ENDLESS, Sampler, whole_document
from seats import face_over

from api.describing import operations

pytestmark = [pytest.mark.attack, pytest.mark.timeout(3000)]

CORPUS: Final = (
    "'",
    "' OR '1'='1",
    "' OR 1=1--",
    "'; DROP TABLE event; --",
    "'; SELECT pg_sleep(5); --",
    "') UNION SELECT version(), NULL--",
    '" OR ""="',
    "\\'; DELETE FROM issue; --",
    "$$; TRUNCATE event; $$",
    "$1",
    "%' OR '%'='",
    "%",
    "_",
    "1; COPY event TO PROGRAM 'id'",
    "{1,2}",
    "NULL",
    "ʼ OR 1=1",
    "/**/",
    "a' || pg_sleep(5) || 'b",
)
ATTACKED: Final = deep("addresses with harm to SQL", 4000, light=16)
NOTED: Final = frozenset({"audit_read", "log_pending", "refusal"})
"""Reads of auditors and refusals are noted, and the notes go into the log."""
OF_OTHERS: Final = "Sealed-away-7731"
GIVEN: Final = {"zone": b.ZONE, "zones": b.ZONE, "key": b.KEY, "{zone}": b.ZONE, "{key}": b.KEY}


def is_text(sampler: Sampler, schema: Mapping[str, Any]) -> bool:
    """Return whether a parameter is a string, or a list or a choice of strings."""
    schema = sampler.resolved(schema)
    branches = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
    if "items" in schema:
        branches.append(schema["items"])
    return schema.get("type") == "string" or any(is_text(sampler, each) for each in branches)


def addresses() -> Iterator[str]:
    """Yield an address for each harm in each string of each GET route, a harm at a time."""
    document = whole_document()
    sampler = Sampler(document, GIVEN)
    for harm in CORPUS:
        for method, path, operation in operations(document):
            if method.upper() != "GET" or path in ENDLESS:
                continue
            base, sent = sampler.request(operation, path)
            for each in operation["parameters"]:
                if not is_text(sampler, each["schema"]):
                    continue
                params = {name: str(value) for name, value in sent["params"].items()}
                address = base
                if each["in"] == "query":
                    params[each["name"]] = harm
                elif each["in"] == "path":
                    own = Sampler(document, GIVEN | {f"{{{each['name']}}}": quote(harm, safe="")})
                    address, _ = own.request(operation, path)
                else:
                    continue
                query = "&".join(f"{quote(k)}={quote(v, safe='')}" for k, v in params.items())
                yield f"{address}?{query}" if query else address


async def counted(database: Database) -> Mapping[str, int]:
    """Return how many rows each table has, but those in which reads and refusals are noted."""
    async with database.connection() as connection:
        tables = await connection.fetch(
            "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE relkind IN ('r', 'p') AND nspname = 'public' ORDER BY 1"
        )
        return {
            each["relname"]: await connection.fetchval(f'SELECT count(*) FROM "{each["relname"]}"')
            for each in tables
            if each["relname"] not in NOTED
        }


@IN_CHECK
async def test_no_text_in_an_address_is_taken_for_sql(
    database: Database, clock: StandingClock
) -> None:
    wrong: list[str] = []
    every = list(addresses())
    chosen = every[:: max(1, len(every) // ATTACKED)]
    async with database.ledger(size=3) as ledger:
        face = face_over(ledger=ledger, clock=clock)
        await face.counter.accepted()
        secret = b.report(enterprise="bakery", title=OF_OTHERS, text=OF_OTHERS)
        await face.counter.do(secret, b.OTHER_ENTERPRISE, key="theirs")
        async with face.asked_as("enterprise") as client, face.asked_as("auditor") as auditor:
            before = await counted(database)
            for address in chosen:
                for asker in (client, auditor):
                    answer = await asker.get(address)
                    told = asker is client and OF_OTHERS in answer.text
                    is_down = answer.status_code == 503 and "not_set_up" in answer.text
                    if told or (answer.status_code >= 500 and not is_down):
                        wrong.append(f"{address}: {answer.status_code} {answer.text[:120]}")
            seen = await auditor.get(f"/v1/issues/{b.ZONE}/theirs")
        after = await counted(database)

    FOUND.append(f"{len(chosen)} of {len(every)} addresses with harm to SQL, {len(wrong)} wrong")
    assert len(every) > 1000
    assert wrong == [], "\n".join(wrong[:30])
    assert after == before
    assert OF_OTHERS in seen.text
