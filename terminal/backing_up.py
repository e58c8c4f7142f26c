"""`closeout backup` and `closeout restore`: the ledger into a folder, and back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.progress import bars
from terminal.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.backups import Manifest
    from runtime.settings import Settings

LEDGER = "ledger"
HANDBOOKS = "handbooks"
SETTINGS = "settings.json"
ATTACHMENTS = "attachments"
DUMP_LOG = "dump.log"
OF_HANDBOOKS = frozenset({".toml", ".json"})
JOBS_MAX = 16
DUMPING, READING, LOADING, COMPARING = "dumping", "hashing", "loading", "comparing histories"

Folder = Annotated[
    Path, typer.Argument(metavar="FOLDER", resolve_path=True, help="A backup's own folder.")
]
Jobs = Annotated[
    int, typer.Option(metavar="N", min=1, max=JOBS_MAX, help="So many tables at once.")
]


async def backup(
    session: Session,
    folder: Folder,
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER2",
            resolve_path=True,
            help="Copy the keys as well, apart: whoever has both reads all that is sealed.",
            show_default="keys are not copied",
        ),
    ] = None,
    jobs: Jobs = 2,
) -> None:
    """Write the ledger, the handbooks and the settings into a new folder while the work goes on.

    All of one instant; a folder without manifest.json is no backup. Keys and secrets never lie in
    it.
    """
    from runtime.backup_files import aside, require_apart, require_free
    from runtime.backup_keys import save_keys
    from terminal.shown.backups import backed_up, backed_up_plain

    require_free(folder)
    if keys is not None:
        require_apart(folder, keys)
        require_free(keys)
    place = session.place
    bin_dir = None if place.stack is None else Path(place.stack.postgres_bin_dir)
    with bars(session) as shown:
        manifest = await make_backup(
            place.settings, folder, bin_dir=bin_dir, jobs=jobs, moved=shown.move
        )
    if keys is not None:
        await aside(lambda: save_keys(place.settings, keys, manifest.created_at))
    session.out.answer(
        backed_up_plain(folder, manifest, keys), lambda: backed_up(folder, manifest, keys)
    )


async def make_backup(
    settings: "Settings",
    folder: Path,
    *,
    bin_dir: Path | None = None,
    jobs: int = 2,
    moved: "Callable[..., None]" = lambda *_, **__: None,
) -> "Manifest":
    """Write a backup of the ledger that `settings` name and return its list. `moved` hears as the
    bars of a terminal do. Raises BackupError, DumpError, SettingsError, LedgerError."""
    from importlib.metadata import version

    from domain.backups import FORMAT, Manifest
    from domain.model import to_millisecond
    from ledger.backup_point import held_snapshot
    from runtime.backup_files import aside, draft_of, listed, write_manifest
    from runtime.dumping import dump
    from runtime.errors import SettingsError

    url = settings.owner_database_url
    if url is None:
        raise SettingsError(
            "The role that owns the schema is not named, and no other may read all there is: set "
            "CLOSEOUT_OWNER_DATABASE_URL."
        )
    with draft_of(folder) as draft:
        async with held_snapshot(url.get_secret_value()) as snapshot:
            moved(DUMPING, total=snapshot.tables, completed=0)
            await dump(
                url.get_secret_value(),
                draft / LEDGER,
                bin_dir=bin_dir or programs_folder(settings),
                snapshot=snapshot.id,
                jobs=jobs,
                log=draft / DUMP_LOG,
                progress=lambda done: moved(DUMPING, completed=done),
            )
        draft.joinpath(DUMP_LOG).unlink()
        written: list[Manifest] = []

        def finish() -> None:
            has_handbooks = _add_files(settings, draft)
            files = listed(draft, lambda count: moved(READING, advance=count))
            manifest = Manifest(
                format=FORMAT,
                program=version("closeout"),
                created_at=to_millisecond(snapshot.at),
                point=snapshot.point,
                handbooks=has_handbooks,
                files=files,
            )
            write_manifest(draft, manifest)
            written.append(manifest)

        await aside(finish)
    return written[0]


def _add_files(settings: "Settings", draft: Path) -> bool:
    """Add what lies beside the database; return whether handbooks of the office's own do."""
    import json

    from runtime.backup_files import copy_tree

    own = settings.handbook_dir
    has_handbooks = own is not None and copy_tree(own, draft / HANDBOOKS, suffixes=OF_HANDBOOKS) > 0
    store = attachments_folder(settings)
    if store.is_dir():
        copy_tree(store, draft / ATTACHMENTS)
    text = json.dumps(open_settings(settings), ensure_ascii=False, indent=1)
    draft.joinpath(SETTINGS).write_text(f"{text}\n", encoding="utf-8")
    return has_handbooks


def attachments_folder(settings: "Settings") -> Path:
    """Return where attachments are kept on this machine, if they are; a bucket is its own."""
    from desk.attachments.room import FOLDER, KEPT

    return (settings.attachment_dir or settings.data_dir / FOLDER) / KEPT


def open_settings(settings: "Settings") -> dict[str, object]:
    """Return the settings that were given, without those that hold a secret."""
    from pydantic import SecretStr

    plain = settings.model_dump(mode="json", include=settings.model_fields_set)
    return {
        name: value
        for name, value in plain.items()
        if not isinstance(getattr(settings, name), SecretStr)
    }


def programs_folder(settings: "Settings") -> Path:
    """Return the folder of PostgreSQL's programs on this machine. Raises BinariesMissingError."""
    from runtime.postgres_home import find_binaries

    return find_binaries(settings.postgres_bin_dir, settings.data_dir, None, None)[0]


async def restore(
    session: Session,
    folder: Folder,
    into: Annotated[
        Path,
        typer.Option(
            metavar="DATA_DIR", help="The local stack's folder; it may not have a database yet."
        ),
    ],
    keys: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER2", resolve_path=True, help="The keys that were kept apart."),
    ] = None,
    ids: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="What callers were told is done, a line each: ZONE/KEY and the command's id.",
        ),
    ] = None,
    jobs: Jobs = 2,
) -> int:
    """Bring a backup back beside whatever Temporal knows, and name every difference.

    Every file is held against its hash before anything is touched. Workflows that know more than
    the ledger are ended, and start again from it. Exit code 6 if anything was lost.
    """
    from runtime.settings import Settings
    from terminal.auditing import FOUND
    from terminal.restoring import bring_back, read_ids
    from terminal.shown.backups import restored, restored_plain

    named = [] if ids is None else read_ids(ids)
    settings = Settings.load(data_dir=into)
    with bars(session) as shown:
        found = await bring_back(
            settings,
            folder,
            session.wiring.open_desk,
            keys=keys,
            ids=named,
            jobs=jobs,
            moved=shown.move,
        )
    session.out.answer(restored_plain(found), lambda: restored(found))
    return FOUND if found.over.anything_lost else 0
