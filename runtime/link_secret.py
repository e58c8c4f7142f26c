"""The secret that one-time links are marked with: a setting, or a file of the embedded stack."""

from typing import Final

from pydantic import SecretStr

from runtime.errors import SettingsError
from runtime.kept_secrets import kept_secret
from runtime.settings import LINK_SECRET_CHARACTERS_MIN, Settings

FILE_NAME: Final = "link-secret"


def link_secret(settings: Settings, *, embedded: bool) -> SecretStr:
    """Return the secret in force. An embedded stack makes one of its own on first use, in a file
    that only its owner can read; any other has to be given one, the same for every process."""
    if settings.link_secret is not None:
        return settings.link_secret
    if not embedded:
        raise SettingsError(
            "One-time links need a secret: set CLOSEOUT_LINK_SECRET, at least "
            f"{LINK_SECRET_CHARACTERS_MIN} characters, the same wherever links are made or used."
        )
    return kept_secret(
        settings.data_dir / FILE_NAME,
        instead="or set CLOSEOUT_LINK_SECRET",
        when_lost="links that were sent are void then",
    )
