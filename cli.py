"""Composition root of the command line: wires the terminal to the desk, the audit and the rest.

Whatever is heavy is imported by the function that needs it: `closeout --help` must come at once.
"""

import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from runtime.leaving import leave_after
from terminal.adopting import adopt
from terminal.application import Application, Body
from terminal.asking import do, report
from terminal.auditing import FOUND, verify
from terminal.board import board, enterprises
from terminal.calendar_files import (
    calendar_check,
    calendar_diff,
    calendar_import,
    calendar_list,
    calendar_show,
)
from terminal.calendar_sums import calendar_add, calendar_batch, calendar_elapsed
from terminal.callbacks import callback_draw, callback_list, callback_redraw
from terminal.client import client
from terminal.clock_audit import clocks_audit
from terminal.deadlines import why
from terminal.doctor import doctor
from terminal.erasing import erase
from terminal.evidence import evidence_make, evidence_verifier
from terminal.exporting import (
    export_check,
    export_csv,
    export_jsonl,
    export_ocel,
    export_xes,
)
from terminal.faces import face_key, face_list, face_trust
from terminal.figures import (
    figures_definitions,
    figures_list,
    figures_publish,
    figures_recompute,
    figures_restate,
    figures_show,
)
from terminal.forms import forms_application, forms_rectifications
from terminal.handbook_check import handbook_check
from terminal.handbook_publish import handbook_publish
from terminal.handbook_showing import handbook_diff, handbook_list, handbook_show
from terminal.importing import import_xes
from terminal.incidents import incident
from terminal.intake import intake_check, intake_run
from terminal.looking import history, list_, show
from terminal.notices import notices, template_check, template_set, template_show
from terminal.operating import demo, migrate, recover, serve, up
from terminal.orders import (
    supervise_accept,
    supervise_appeal,
    supervise_issue,
    supervise_lift,
    supervise_list,
    supervise_raise,
    supervise_refuse,
    supervise_reply,
    supervise_rule,
    supervise_show,
)
from terminal.principals import (
    key_create,
    key_list,
    key_revoke,
    user_add,
    user_disable,
    user_list,
    user_password,
)
from terminal.publishing import calendar_publish, tasks
from terminal.reads import reads
from terminal.replaying import replay
from terminal.routing import routing_preview
from terminal.session import Wiring
from terminal.sign_offs import signoff_answer, signoff_link, signoff_report
from terminal.similar import similar
from terminal.supervision import supervise_lights, supervise_parked, supervise_warnings
from terminal.team import team
from terminal.transparency import (
    anchor,
    log_checkpoint,
    log_key,
    log_prove,
    log_rotate,
    log_status,
)
from terminal.webhooks import (
    webhook_add,
    webhook_dead,
    webhook_list,
    webhook_pause,
    webhook_remove,
    webhook_replay,
    webhook_resume,
    webhook_rotate,
    webhook_test,
)
from terminal.zones import zones

if TYPE_CHECKING:
    from rich.console import Console
    from temporalio.client import Client

    from desk.desk import Desk
    from ledger.port import Ledger
    from runtime.settings import Settings
    from runtime.stack import ChildProgram

COMMANDS: dict[str, tuple[Body, ...]] = {
    "Issues": (report, do, list_, show, history, why, incident, similar, zones),
    "Who is responsible": (board, enterprises, team),
    "Audit": (verify, replay, notices, reads, anchor),
    "Rules": (adopt, tasks),
    "Running it": (up, serve, demo, doctor, recover, migrate, erase, client),
}
"""Every command, under the heading of the help that it stands under."""

FAMILIES: dict[str, tuple[str, str, tuple[Body, ...]]] = {
    "calendar": (
        "Working calendars: sums of working time, checks, versions.",
        "Rules",
        (
            calendar_list,
            calendar_show,
            calendar_check,
            calendar_diff,
            calendar_import,
            calendar_publish,
            calendar_add,
            calendar_elapsed,
            calendar_batch,
        ),
    ),
    "handbook": (
        "Handbooks: checks, versions, publication.",
        "Rules",
        (handbook_list, handbook_show, handbook_check, handbook_diff, handbook_publish),
    ),
    "routing": ("Routing tables: what another would do.", "Rules", (routing_preview,)),
    "supervise": (
        "Supervision: orders to units, lights, warnings, parking.",
        "Supervision",
        (
            supervise_issue,
            supervise_reply,
            supervise_accept,
            supervise_refuse,
            supervise_lift,
            supervise_raise,
            supervise_appeal,
            supervise_rule,
            supervise_show,
            supervise_list,
            supervise_lights,
            supervise_warnings,
            supervise_parked,
        ),
    ),
    "forms": (
        "Forms: rectifications in figures, applications and their gate.",
        "Issues",
        (forms_rectifications, forms_application),
    ),
    "intake": (
        "Tables of reports, CSV or Excel: tried, taken in, told row by row.",
        "Issues",
        (intake_check, intake_run),
    ),
    "signoff": (
        "Sign-offs: one-time links, how they ended.",
        "Issues",
        (signoff_link, signoff_answer, signoff_report),
    ),
    "callback": (
        "Callbacks after the closing: draws that anyone can draw again.",
        "Supervision",
        (callback_draw, callback_redraw, callback_list),
    ),
    "export": (
        "Events for other programs: JSON lines, CSV, OCEL, XES.",
        "Audit",
        (export_jsonl, export_csv, export_ocel, export_xes, export_check),
    ),
    "evidence": (
        "Evidence of one issue for strangers, and the program that checks it.",
        "Audit",
        (evidence_make, evidence_verifier),
    ),
    "webhook": (
        "Events sent to addresses: subscriptions, secrets, dead letters.",
        "Running it",
        (
            webhook_add,
            webhook_list,
            webhook_rotate,
            webhook_pause,
            webhook_resume,
            webhook_remove,
            webhook_dead,
            webhook_replay,
            webhook_test,
        ),
    ),
    "import": ("Logs of other systems, played and counted.", "Audit", (import_xes,)),
    "log": (
        "The transparency log: checkpoints, keys, proofs.",
        "Audit",
        (log_status, log_checkpoint, log_key, log_rotate, log_prove),
    ),
    "user": (
        "Users of the HTTP face: who may sign in.",
        "Running it",
        (user_add, user_list, user_password, user_disable),
    ),
    "template": (
        "Texts of notices: the shipped ones, and your own.",
        "Running it",
        (template_show, template_check, template_set),
    ),
    "key": (
        "Keys of services for the HTTP face.",
        "Running it",
        (key_create, key_list, key_revoke),
    ),
    "face": (
        "Faces: the key that vouches for actors, and whose word is taken.",
        "Running it",
        (face_key, face_trust, face_list),
    ),
    "clocks": ("The timer ledger: rungs due, fired, told.", "Audit", (clocks_audit,)),
    "figures": (
        "Figures: published, counted again, restated in sight.",
        "Audit",
        (
            figures_definitions,
            figures_publish,
            figures_list,
            figures_show,
            figures_recompute,
            figures_restate,
        ),
    ),
}
"""Commands of two words: the summary of the family, the heading of the help, its commands."""


def exit_codes() -> Mapping[type[Exception], int]:
    """Return the code that the process ends with, by the error that ended it.

    Beside these: 0 done, 2 wrong usage, 130 interrupted; 1 also for a failed `doctor` and an anchor
    that `anchor` could not give to, 6 also for what `verify`, `replay`, `clocks audit`,
    `callback redraw`, `figures recompute`, `import xes`, `intake`, `export check` and `log prove`
    find.
    """
    from audit.evidence import EvidenceError
    from audit.facts import UnsoundTermsError
    from audit.figures import UncountableStreamError
    from audit.replay import DamagedHistoryError
    from desk.importing.problems import UnusableFileError
    from desk.principals import UnknownPrincipalError
    from domain import errors
    from domain.calendar import CalendarError
    from handbooks.calendars.problems import CalendarFileError
    from handbooks.shelf import HandbookError
    from ledger.port import LedgerError
    from runtime.errors import StackError

    return {
        LedgerError: 1,
        StackError: 1,
        errors.IssueError: 3,
        errors.InvalidRequestError: 3,
        errors.UnknownCategoryError: 3,
        errors.UnknownZoneError: 3,
        HandbookError: 3,
        CalendarError: 3,
        CalendarFileError: 3,
        UnusableFileError: 3,
        errors.NotPermittedError: 4,
        errors.WrongPhaseError: 5,
        errors.IssueClosedError: 5,
        errors.ConflictError: 5,
        errors.UnknownIssueError: 5,
        errors.UnknownOrderError: 5,
        UnknownPrincipalError: 5,
        EvidenceError: FOUND,
        UnsoundTermsError: FOUND,
        DamagedHistoryError: FOUND,
        UncountableStreamError: FOUND,
    }


def opened(settings: "Settings") -> AbstractAsyncContextManager["Desk"]:
    """Open the desk; the relays of other processes hear what it leaves for them."""
    from desk.opening import open_desk

    return open_desk(settings, name="closeout-cli", speaks_as="terminal")


def workflows() -> Sequence[type]:
    """Return the workflow classes that a worker serves, for the replay of their histories."""
    from worker import WORKFLOWS

    return WORKFLOWS


def programs(api: bool = True) -> Sequence["ChildProgram"]:
    """Return what `up` keeps alive beside the servers: a worker and a relay, apart, and unless that
    is switched off the HTTP face."""
    import worker
    from runtime.stack import ChildProgram

    found = [
        ChildProgram(name, [sys.executable, str(worker.__file__), "--only", name])
        for name in ("worker", "relay")
    ]
    if api:
        found.append(ChildProgram("api", [sys.executable, str(__file__), "serve"]))
    return found


async def serve_api(settings: "Settings") -> None:
    """Serve the HTTP face until told to stop."""
    from api.serving import serve as serve_face

    await serve_face(settings)


async def sweep(client: "Client", ledger: "Ledger") -> int:
    """Archive the history of every run that is over; return how many were new."""
    from datetime import UTC, datetime

    from activities.upkeep import sweep as sweep_since

    return await sweep_since(client, ledger, datetime(2000, 1, 1, tzinfo=UTC))


async def play_demo(settings: "Settings", console: "Console") -> int:
    """Play the demonstration; return its exit code."""
    import worker
    from demo.engine import Parts
    from demo.play import play_demo as play

    parts = Parts(
        make_worker=worker.make_worker,
        make_relay=worker.make_relay,
        ensure_schedules=worker.ensure_schedules,
        workflows=worker.WORKFLOWS,
    )
    return await play(settings, console, parts)


def make_application() -> Application:
    """Return the whole command line."""
    application = Application(
        Wiring(
            exit_codes=exit_codes,
            open_desk=opened,
            workflows=workflows,
            programs=programs,
            sweep=sweep,
            play_demo=play_demo,
            serve_api=serve_api,
        )
    )
    for panel, bodies in COMMANDS.items():
        for body in bodies:
            application.offer(body, panel)
    for family, (summary, panel, members) in FAMILIES.items():
        if members:
            application.family(family, summary, panel)
        for body in members:
            application.offer(body, panel, under=family)
    return application


def main() -> None:
    """Run the `closeout` command."""
    leave_after(make_application().run)


if __name__ == "__main__":
    main()
