"""The last proofs of the demonstration: the signed log, and evidence that a stranger checks."""

import asyncio
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from audit.evidence import make_evidence
from audit.log_checks import Outside
from audit.verification import Verification, verify_ledger
from desk.anchors import FolderAnchor, anchored_notes
from desk.log_keeper import LogKeeper
from desk.log_opening import ensure_key
from ledger.postgres import PostgresLedger
from ledger.signing import Signer
from runtime.settings import Settings, kept_by_stack

VERIFIER = Path(__file__).parents[1] / "audit" / "verifier" / "closeout_verify_evidence.py"
VERIFIER_SECONDS_MAX = 60.0


@dataclass(frozen=True, slots=True)
class Proved:
    """What the log says, and how many of the evidence files a stranger's program accepts."""

    verification: Verification
    leaves: int
    files: int
    accepted: int
    evidence: Path
    refused: str

    @property
    def is_whole(self) -> bool:
        """Return whether everything was accepted."""
        return self.verification.is_sound and self.files == self.accepted


async def prove(ledger: PostgresLedger, settings: Settings, streams: list[str]) -> Proved:
    """Sign and anchor the log, verify all of it, and have the evidence of each issue checked."""
    kept = kept_by_stack(settings)
    signer = ensure_key(kept["log_key"], settings.log_origin)
    keeper = LogKeeper(ledger, signer, (FolderAnchor(kept["anchor_dir"]),))
    carried = await keeper.carry_on(datetime.now(UTC), anchor_now=True)
    outside = Outside((signer.key,), tuple(anchored_notes(kept["anchor_dir"])))
    verification = await verify_ledger(ledger, outside=outside)
    folder = settings.data_dir / "evidence"
    files = [await _written(ledger, stream, signer, folder) for stream in streams]
    accepted, refused = await _checked(files, signer.key.text)
    return Proved(verification, carried.size, len(files), accepted, folder, refused)


async def _written(ledger: PostgresLedger, stream: str, signer: Signer, folder: Path) -> Path:
    made = await make_evidence(ledger, ledger, stream, signer, datetime.now(UTC))
    file = folder / f"{stream.replace('/', '-')}.json"
    await asyncio.to_thread(_write, file, made.text)
    return file


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")


async def _checked(files: list[Path], key: str) -> tuple[int, str]:
    """Run the independent verifier as a process that sees nothing of this program."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", str(VERIFIER), "--key", key, *map(str, files)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=files[0].parent,
    )
    said, _ = await asyncio.wait_for(process.communicate(), VERIFIER_SECONDS_MAX)
    lines = said.decode(errors="replace").splitlines()
    refused = [line for line in lines if not line.startswith(("accepted: ", "  "))]
    return sum(line.startswith("accepted: ") for line in lines), "; ".join(refused[:3])
