"""A disk of PostgreSQL's own that can be full: a file system in memory, where we may mount."""

import asyncio
import os
import subprocess
from pathlib import Path
from typing import Final

SIZE: Final = "4g"
TRIES: Final = 20


class Disk:
    """The folder that PostgreSQL's data lies in. `why_not` says why it cannot be filled, if so."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, mode=0o711)
        self.folder = folder
        done = _mount("-t", "tmpfs", "-o", f"size={SIZE},mode=0711", "closeout-chaos", str(folder))
        self.why_not = "" if done.returncode == 0 else (done.stderr.strip() or "mount is refused")

    async def fill(self) -> bool:
        """Leave no byte free; return whether that could be done."""
        for _ in range(TRIES):
            size = os.statvfs(self.folder)
            used = (size.f_blocks - size.f_bfree) * size.f_frsize
            done = await asyncio.to_thread(_mount, "-o", f"remount,size={used}", str(self.folder))
            if done.returncode == 0:
                return True
        return False

    async def free(self) -> None:
        """Give all the room back."""
        done = await asyncio.to_thread(_mount, "-o", f"remount,size={SIZE}", str(self.folder))
        assert done.returncode == 0, done.stderr

    def close(self) -> None:
        """Give the file system up."""
        if not self.why_not:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=False)


def _mount(*words: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    except OSError as error:
        return subprocess.CompletedProcess(["mount", *words], 1, "", str(error))
