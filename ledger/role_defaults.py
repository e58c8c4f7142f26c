"""What roles and the database bring to a session that whoever connects has not asked for."""

from dataclasses import dataclass
from typing import Final

from ledger.connections import CONNECT_TIMEOUT_S, connect, ledger_errors

LISTED_MAX: Final = 100
MISLEADING: Final = frozenset(
    {
        *("search_path", "role", "session_authorization", "row_security"),
        *("session_replication_role", "event_triggers"),
        *("session_preload_libraries", "local_preload_libraries"),
    }
)
"""Settings that decide which tables are read, as whom, and which guards stand."""
USUAL: Final = frozenset({"search_path=public", 'search_path="$user", public'})

DEFAULTS: Final = """
SELECT coalesce(r.rolname::text, 'every role'), said.setting
FROM pg_db_role_setting s
LEFT JOIN pg_roles r ON r.oid = s.setrole
CROSS JOIN unnest(s.setconfig) AS said (setting)
WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  AND (s.setrole = 0 OR has_table_privilege(s.setrole, 'public.event', 'SELECT'))
ORDER BY 1, 2 LIMIT $1
"""
SEARCHED: Final = "SELECT current_setting('search_path')"


@dataclass(frozen=True, slots=True)
class RoleDefaults:
    """Defaults of the roles that can read the ledger, as `role: setting=value`. `misleading`: those
    that decide what is read and guarded; `searched`: where a session of ours looks for tables."""

    searched: str
    misleading: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def is_led_astray(self) -> bool:
        """Return whether what we said of the place did not arrive."""
        return self.searched != "public"


async def role_defaults(url: str) -> RoleDefaults:
    """Return what is set for roles that read the ledger. Raises LedgerUnavailableError."""
    with ledger_errors():
        connection = await connect(url)
        try:
            searched = str(await connection.fetchval(SEARCHED))
            rows = await connection.fetch(DEFAULTS, LISTED_MAX)
        finally:
            await connection.close(timeout=CONNECT_TIMEOUT_S)
    misleading = [row for row in rows if _misleads(row[1])]
    others = [row for row in rows if not _misleads(row[1])]
    return RoleDefaults(
        searched,
        tuple(f"{role}: {setting}" for role, setting in misleading),
        tuple(f"{role}: {setting}" for role, setting in others),
    )


def _misleads(setting: str) -> bool:
    return setting.partition("=")[0] in MISLEADING and setting not in USUAL
