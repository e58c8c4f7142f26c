"""Every command of the command line, under the heading of the help that it stands under."""

from terminal.adopting import adopt
from terminal.application import Body
from terminal.asking import do, report
from terminal.attachments import (
    attachments_check,
    attachments_hold,
    attachments_list,
    attachments_release,
    attachments_sweep,
)
from terminal.auditing import verify
from terminal.backing_up import backup, restore
from terminal.backtesting import backtest
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
from terminal.drilling import drill
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
from terminal.figure_counts import figures_count, figures_rank
from terminal.figures import (
    figures_definitions,
    figures_list,
    figures_publish,
    figures_recompute,
    figures_restate,
    figures_show,
)
from terminal.forking import fork
from terminal.forms import forms_application, forms_rectifications
from terminal.handbook_check import handbook_check
from terminal.handbook_publish import handbook_publish
from terminal.handbook_showing import handbook_diff, handbook_list, handbook_show
from terminal.importing import import_xes
from terminal.incidents import incident
from terminal.intake import intake_check, intake_run
from terminal.looking import history, list_, show
from terminal.matters import (
    matters_do,
    matters_figures,
    matters_list,
    matters_procedures,
    matters_show,
    matters_timeline,
)
from terminal.notices import notices, template_check, template_set, template_show
from terminal.old_ledger import import_ledger
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
from terminal.outcomes import outcomes
from terminal.principals import (
    key_create,
    key_list,
    key_revoke,
    user_add,
    user_disable,
    user_list,
    user_password,
)
from terminal.printing import print_ledger, print_report
from terminal.publishing import calendar_publish, tasks
from terminal.reads import reads
from terminal.replaying import replay
from terminal.reports import REPORTS, attest, routines
from terminal.routing import routing_preview
from terminal.sign_offs import signoff_answer, signoff_link, signoff_report
from terminal.similar import similar
from terminal.simulating import simulate
from terminal.supervision import supervise_lights, supervise_parked, supervise_warnings
from terminal.team import team
from terminal.touring import tour
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

COMMANDS: dict[str, tuple[Body, ...]] = {
    "Issues": (report, do, list_, show, history, why, incident, similar, zones),
    "Who is responsible": (board, enterprises, team),
    "Supervision": (attest, routines),
    "Audit": (verify, replay, notices, reads, anchor),
    "Rules": (adopt, tasks, backtest, fork, simulate),
    "Running it": (
        *(up, serve, tour, demo, outcomes, doctor, recover, migrate, erase, client),
        *(backup, restore, drill),
    ),
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
    "matters": (
        "Matters: visits, notices, loans, matches, registers, supplies, by procedures of data.",
        "Issues",
        (
            matters_procedures,
            matters_list,
            matters_show,
            matters_do,
            matters_figures,
            matters_timeline,
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
    "reports": ("Stored reports: daily, weekly, monthly; each version stays.", "Audit", REPORTS),
    "export": (
        "Events for other programs: JSON lines, CSV, OCEL, XES.",
        "Audit",
        (export_jsonl, export_csv, export_ocel, export_xes, export_check),
    ),
    "print": (
        "The ledger of a zone and its reports, as Excel or PDF.",
        "Audit",
        (print_ledger, print_report),
    ),
    "evidence": (
        "Evidence of one issue for strangers, and the program that checks it.",
        "Audit",
        (evidence_make, evidence_verifier),
    ),
    "attachments": (
        "Files uploaded for issues: held, swept, checked.",
        "Running it",
        (
            attachments_list,
            attachments_hold,
            attachments_release,
            attachments_sweep,
            attachments_check,
        ),
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
    "import": (
        "An office's old ledger taken over; logs of other systems, played and counted.",
        "Audit",
        (import_ledger, import_xes),
    ),
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
            figures_count,
            figures_rank,
        ),
    ),
}
"""Commands of two words: the summary of the family, the heading of the help, its commands."""
