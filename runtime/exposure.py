"""Whether the HTTP face may be served as the settings say: not to others with nobody asked for who
actors are, unless somebody chose that."""

import ipaddress

from runtime.errors import SettingsError
from runtime.settings import NOWHERE, Settings, host_and_port
from runtime.stack import read_running_stack


def require_actors_chosen(settings: Settings, *, embedded: bool) -> None:
    """Refuse to serve to other machines, or over a ledger that is not the embedded stack's, while
    actors are taken at their word by default only. Raises SettingsError."""
    if settings.actors == "signed" or "actors" in settings.model_fields_set:
        return
    if settings.api_address != NOWHERE and not is_loopback(settings.api_address):
        why = f"other machines reach {settings.api_address}"
    elif not embedded:
        why = "the ledger is not the embedded stack's"
    else:
        return
    raise SettingsError(
        f"Say whether actors are taken at their word: {why}, and CLOSEOUT_ACTORS is not set. "
        "`signed` refuses what no trusted face vouches for (`closeout face key --make` makes a "
        "key); `unsigned` lets whoever reaches the ledger or Temporal act as anybody."
    )


def is_loopback(address: str) -> bool:
    """Return whether only this machine reaches host:port. Raises ValueError."""
    host, _ = host_and_port(address)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_of_embedded_stack(settings: Settings) -> bool:
    """Return whether the ledger is that of the stack that runs on the data folder."""
    if settings.database_url is None:
        return False
    stack = read_running_stack(settings.data_dir)
    return stack is not None and stack.database_url == settings.database_url.get_secret_value()
