"""What `closeout doctor` says of the file of channels, and of what is held back."""

from desk.desk import Desk
from runtime.channels import is_open_to_others, read_channels
from runtime.settings import Settings
from terminal.checks import Check, Grade


async def channels(settings: Settings) -> list[Check]:
    """Look whether the file can be read, by its owner alone. Raises SettingsError."""
    path = settings.channels
    if path is None:
        return [Check("channels", Grade.OK, "the inbox only: CLOSEOUT_CHANNELS names no file")]
    book = read_channels(path)
    told = f"{len(book.channels)} channels, {len(book.tell)} rows of who is told through them"
    if is_open_to_others(path):
        todo = f"It holds secrets: chmod 600 {path}"
        return [Check("channels", Grade.FAIL, f"{told}; others may read {path}", todo)]
    unused = sorted(book.channels.keys() - {row.channel for row in book.tell})
    if unused:
        todo = "Name who is told through it in [[tell]], or take it out."
        return [
            Check("channels", Grade.WARN, f"{told}; nobody is told by {', '.join(unused)}", todo)
        ]
    return [Check("channels", Grade.OK, told)]


async def held_back(desk: Desk) -> Check:
    """Look how many notices wait for quiet hours or a storm to end."""
    held = await desk.ledger.held_count()
    return Check("held notices", Grade.OK, f"{held} wait for quiet hours or a storm to end")
