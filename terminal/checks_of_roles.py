"""The checks of `closeout doctor` that try to change facts, as every role that is named."""

from typing import TYPE_CHECKING

from ledger.migrate import MigrationError, pending
from ledger.probing import FACTS, Probed, probe
from ledger.role_defaults import RoleDefaults, role_defaults
from ledger.standing_guards import Guards, standing_guards
from runtime.settings import Settings
from terminal.checks import Check, Grade

if TYPE_CHECKING:
    from pydantic import SecretStr

TOLD_MAX = 8
MIGRATE = "Run `closeout migrate`, which takes surplus rights away, and find out who gave them."


async def roles(settings: Settings) -> list[Check]:
    """Try as each role that is named what none may do, and look whether the guards stand."""
    writer, reader = _text(settings.database_url), _text(settings.reader_database_url)
    known = writer or reader
    if known is None or not await _is_migrated(known):
        return []
    guards = await standing_guards(known)
    found = [_guards(guards), judged_defaults(await role_defaults(known))]
    if writer is not None:
        found.append(_outsider("append-only", await probe(writer, may_add=True)))
    if reader is not None:
        found.append(_outsider("reader", await probe(reader, may_add=False)))
    owner = _text(settings.owner_database_url)
    if owner is not None:
        found.append(_owner(await probe(owner, may_add=True), guards))
    return found


async def _is_migrated(url: str) -> bool:
    try:
        return not await pending(url)
    except MigrationError:
        return False


def _guards(guards: Guards) -> Check:
    if guards.problems:
        todo = (
            "Somebody with the owner's or a superuser's rights did this: `closeout verify --all`."
        )
        return Check("guards", Grade.FAIL, _told(guards.problems), todo)
    told = (
        f"{guards.triggers} triggers and {guards.functions} functions as the migrations made them"
    )
    return Check("guards", Grade.OK, told)


def judged_defaults(defaults: RoleDefaults) -> Check:
    """Judge what roles bring to a session: it could lead an auditor to other tables."""
    if defaults.is_led_astray:
        told = f"a session that asks for public looks in {defaults.searched}"
        todo = "What stands before PostgreSQL drops settings: let it pass search_path on."
        return Check("role settings", Grade.FAIL, told, todo)
    if defaults.misleading:
        todo = "Closeout does not follow a search_path, others do: ALTER ROLE ... RESET it."
        return Check("role settings", Grade.FAIL, _told(defaults.misleading), todo)
    told = _told(defaults.others) or "none for a role that reads the ledger"
    return Check("role settings", Grade.OK, told)


def _outsider(name: str, probed: Probed) -> Check:
    """Judge a role that must have no right to anything that was tried."""
    problems = [
        *([f"{probed.role} is superuser"] if probed.is_superuser else []),
        *([f"{probed.role} owns the schema"] if probed.owns else []),
        *([f"{probed.role} could {_told(probed.could)}"] if probed.could else []),
        *(
            [f"only triggers kept {probed.role} from {_told(probed.stopped)}"]
            if probed.stopped
            else []
        ),
    ]
    if problems:
        return Check(name, Grade.FAIL, "; ".join(problems), MIGRATE)
    told = f"{probed.role} tried to change {len(FACTS)} tables in {probed.tried} ways: refused"
    return Check(name, Grade.WARN if probed.busy else Grade.OK, *_with_busy(told, probed))


def _owner(probed: Probed, guards: Guards) -> Check:
    """Judge the owner: triggers keep it from facts, and only an event trigger from the triggers."""
    rows = [each for each in probed.could if each.startswith(("UPDATE", "DELETE", "TRUNCATE"))]
    if rows:
        told = f"{probed.role} could {_told(rows)}"
        return Check("owner", Grade.FAIL, told, "No trigger stands there: see `guards`.")
    if not guards.schema_is_guarded:
        told = f"{probed.role} changes no fact, but could take the triggers off"
        todo = "`closeout migrate` as a superuser makes an event trigger that refuses it."
        return Check("owner", Grade.WARN, told, todo)
    silenced = [each for each in probed.could if each.startswith(("ALTER", "SET"))]
    if silenced:
        told = f"{probed.role} could {_told(silenced)}"
        return Check("owner", Grade.WARN, told, "Name a role that is not superuser as the owner.")
    told = f"{probed.role} changes no fact and takes no trigger off outside `closeout migrate`"
    return Check("owner", Grade.WARN if probed.busy else Grade.OK, *_with_busy(told, probed))


def _with_busy(told: str, probed: Probed) -> tuple[str, str | None]:
    if not probed.busy:
        return told, None
    return f"{told}; not tried, as others held the table: {_told(probed.busy)}", "Ask again."


def _told(names: "tuple[str, ...] | list[str]") -> str:
    more = f" and {len(names) - TOLD_MAX} more" if len(names) > TOLD_MAX else ""
    return f"{', '.join(names[:TOLD_MAX])}{more}"


def _text(url: "SecretStr | None") -> str | None:
    return None if url is None else url.get_secret_value()
