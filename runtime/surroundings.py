"""What of our environment a child process is given: what programs run by, no secret beside it."""

import os
from collections.abc import Mapping
from typing import Final

RUN_BY: Final = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TERM", "COLUMNS"),
        *("TMPDIR", "TMP", "TEMP", "VIRTUAL_ENV", "COLORTERM", "NO_COLOR", "FORCE_COLOR"),
        *("GOMAXPROCS", "GOMEMLIMIT", "GOGC", "GODEBUG"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR"),
    }
)
"""By name. Whatever else an account has about it (keys of a cloud, tokens of a forge, passwords of
other databases) is no child's of ours."""
RUN_BY_FAMILIES: Final = ("LC_", "LD_", "PYTHON", "MALLOC_", "RUST_")
PROXIES: Final = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"})
"""Of those that send something out; a proxy's address may hold a password."""
OURS: Final = "CLOSEOUT_"
NO_CHILDS: Final = frozenset({"CLOSEOUT_OWNER_DATABASE_URL"})
"""The owner's password: migrations alone, which no child does."""


def surroundings() -> dict[str, str]:
    """Return what any program runs by, without a setting of ours or of another program."""
    return {
        name: text
        for name, text in os.environ.items()
        if name in RUN_BY or name.startswith(RUN_BY_FAMILIES)
    }


def settings_for(withheld: frozenset[str]) -> Mapping[str, str]:
    """Return our settings and the proxies for a program of ours, but for those that it does not
    use."""
    return {
        name: text
        for name, text in os.environ.items()
        if name.upper() in PROXIES
        or (name.startswith(OURS) and name not in NO_CHILDS and name not in withheld)
    }
