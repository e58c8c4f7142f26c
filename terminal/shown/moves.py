"""What a clock's moves, the ways of its targets and the questions of its rules are called."""

from audit.timeline import TITLES
from domain.model import Name
from terminal.shown.words import word

_MOVES = {
    "start": ("起算", "start"),
    "stop": ("停止", "stop"),
    "cancel": ("取消", "cancel"),
    "reset": ("重置", "reset"),
    "pause": ("暂停", "pause"),
    "resume": ("恢复", "resume"),
    "retarget": ("改限", "new target"),
}
_WAYS = {
    "start": ("起算", "as it started"),
    "keep_elapsed": ("另定时限，保留已用", "new limit, what was spent is kept"),
    "restart": ("另定时限，重新起算", "new limit, begun anew"),
    "from_anchor_with_credit": ("另定时限，自起点重算", "new limit, counted from its anchor"),
    "keep_old_target": ("维持原时限", "the old limit is kept"),
    "strictest_of": ("取较严时限", "the stricter limit"),
    "extension": ("延期", "extension"),
    "instruction": ("批示", "a leader's instruction"),
    "lead": ("牵头时限所限", "cut to the lead's limit"),
    "calendar": ("日历变更", "another calendar"),
    "undo": ("撤回变更", "a change undone"),
}
_QUESTIONS = {
    "events": "event",
    "phases": "phase",
    "parts": "part",
    "paused": "paused",
    "waiting": "waits for",
    "tiers": "tier",
    "priorities": "priority",
    "categories": "category",
}


def move(code: str) -> Name:
    """Return what a move is called."""
    return _named(_MOVES, code)


def way(code: str) -> Name:
    """Return how a target came about, by the rule that its transition names."""
    return _named(_WAYS, code)


def question(code: str) -> str:
    """Return what a condition asks about."""
    return _QUESTIONS.get(code, code)


def event_title(kind: str) -> Name:
    """Return what a kind of event is called."""
    return TITLES.get(kind) or word(kind)


def _named(names: dict[str, tuple[str, str]], code: str) -> Name:
    zh, en = names.get(code, (code, code))
    return Name(zh=zh, en=en)
