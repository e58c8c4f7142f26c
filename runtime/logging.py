"""One log for the engine and its libraries: structured lines on standard error."""

import logging
import re
import sys
from typing import Final

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from runtime.tracing import at_work

HANDLER_NAME: Final = "closeout"

TELL_ADDRESSES: Final = ("httpx2", "httpcore2")
"""Libraries that log whole addresses: of a bot its key, of a search what was looked for."""
INPUT_QUOTED: Final = re.compile(r"(input_value=)(?:.*(?=, input_type=\w+\])|.*)")
ROW_QUOTED: Final = re.compile(r"(Failing row contains )\(.*\)")
"""What libraries quote of what they were given, up to the end of its line."""


def configure_logging(level: str = "info", *, as_json: bool = False) -> None:
    """Send structlog and the standard library's logging the same way; calling again replaces it.

    `level` is debug, info, warning or error. Lines that a workflow writes while its history is
    replayed are dropped: they were written when they were true.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        add_work,
        add_temporal_context,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            drop_while_replaying,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.set_name(HANDLER_NAME)
    handler.addFilter(lambda _: not is_replaying())
    handler.setFormatter(_formatter(shared, as_json=as_json))
    root = logging.getLogger()
    for previous in [each for each in root.handlers if each.get_name() == HANDLER_NAME]:
        root.removeHandler(previous)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in TELL_ADDRESSES:
        logging.getLogger(name).setLevel(logging.WARNING)


def _formatter(shared: list[Processor], *, as_json: bool) -> logging.Formatter:
    # A traceback drawn with every local value takes seconds, which fails a workflow's task, and it
    # shows what no log should.
    told: Processor = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    if as_json:
        told = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    final: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        without_inputs,
        told,
    ]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=final)


def is_replaying() -> bool:
    """Say whether we run inside a workflow whose stored history is being replayed."""
    # Whoever has not imported the SDK cannot be inside a workflow, and need not pay for it.
    workflow = sys.modules.get("temporalio.workflow")
    return bool(
        workflow and workflow.in_workflow() and workflow.unsafe.is_replaying_history_events()
    )


def drop_while_replaying(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Drop a line that replay would write a second time."""
    if is_replaying():
        raise structlog.DropEvent
    return event


def add_work(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Add what the work in hand is about: issue, command, position, trace."""
    for key, value in at_work().items():
        event.setdefault(key, value)
    return event


def without_inputs(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Take what somebody sent out of the words of libraries: pydantic quotes the input that it
    refuses, PostgreSQL the row; one as the other may hold what is said of a person."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = ROW_QUOTED.sub(r"\1(…)", INPUT_QUOTED.sub(r"\1…", value))
    return event


def add_temporal_context(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Add the workflow's id and run, and within an activity its type and attempt."""
    workflow = sys.modules.get("temporalio.workflow")
    activity = sys.modules.get("temporalio.activity")
    if workflow and workflow.in_workflow():
        running = workflow.info()
        event.setdefault("workflow_id", running.workflow_id)
        event.setdefault("run_id", running.run_id)
    elif activity and activity.in_activity():
        attempted = activity.info()
        event.setdefault("workflow_id", attempted.workflow_id)
        event.setdefault("activity", attempted.activity_type)
        event.setdefault("attempt", attempted.attempt)
    return event
