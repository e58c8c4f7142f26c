"""Values that nothing can read, in the columns of a ledger: each is named, none ends anything."""

from databases import Database
from logged_ledger import STREAM, changed, logged

from audit.verification import verify_issue, verify_ledger

EVENT = "event {} WHERE stream = 'harbour/issue-1' AND version = 3"
COMMAND = "command {} WHERE id = 'issue-1-1'"
DEEP = "repeat('[', 100000)"
CHANGES = {
    EVENT.format("SET text = 'null'"): STREAM,
    EVENT.format("SET text = '[]'"): STREAM,
    EVENT.format(f"SET text = {DEEP}"): STREAM,
    EVENT.format("SET at = 'infinity'"): STREAM,
    EVENT.format("SET at = '-infinity'"): STREAM,
    EVENT.format("SET occurred_at = 'infinity'"): STREAM,
    COMMAND.format("SET at = 'infinity'"): STREAM,
    COMMAND.format(f"SET body = {DEEP}"): STREAM,
    COMMAND.format(f"SET actor = {DEEP}"): STREAM,
    f"issue SET snapshot = {DEEP} WHERE stream = '{STREAM}'": STREAM,
    "terms SET at = '-infinity'": "terms ",
    f"terms SET text = {DEEP}": "terms ",
    "refusal SET at = 'infinity'": "refusal ",
    "log_key SET at = '-infinity'": "log_key",
    "log_entry SET index = 9223372036854775807 - index WHERE index <> 3": "log_entry",
}


async def test_what_nothing_can_read_is_named_and_nothing_ends_in_an_error(
    database: Database,
) -> None:
    unnamed = {}
    async with logged(database) as (ledger, outside):
        for change, name in CHANGES.items():
            async with changed(database, f"UPDATE {change}"):
                whole = await verify_ledger(ledger, outside=outside)
                issue = await verify_issue(ledger, STREAM, outside=outside)
            if not any(name in each.stream or name in each.message for each in whole.found):
                unnamed[change] = whole.found[:3]
            if name == STREAM and not issue.found:
                unnamed[f"{change}, alone"] = issue.found
    assert unnamed == {}
