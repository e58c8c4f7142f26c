"""The fixed words of the domain, in Chinese and English."""

from domain.model import Name

_WORDS = {
    "intake": ("受理", "intake"),
    "handling": ("办理", "handling"),
    "sign_off": ("签收核销", "sign-off"),
    "parked": ("挂账", "parked"),
    "closed": ("已结", "closed"),
    "closed_out": ("销号", "closed out"),
    "turned_away": ("不予受理", "turned away"),
    "withdrawn": ("撤回", "withdrawn"),
    "merged": ("并案", "merged"),
    "ordinary": ("一般", "ordinary"),
    "expedited": ("加急", "expedited"),
    "emergency": ("紧急", "emergency"),
    "solved": ("已解决", "solved"),
    "partly": ("部分解决", "partly solved"),
    "explained_cannot": ("无法解决已说明", "cannot be solved, explained"),
    "policy_pending": ("待政策", "policy pending"),
    "accepted": ("认可", "accepted"),
    "rejected": ("不认可", "rejected"),
    "deemed_accepted": ("视为认可", "deemed accepted"),
    "accepted_by_proxy": ("代为确认", "accepted by proxy"),
    "unreachable": ("无法联系", "unreachable"),
    "extension_asked": ("申请延期", "extension asked"),
    "pause_asked": ("申请暂停", "pause asked"),
    "parking_asked": ("申请挂账", "parking asked"),
    "waiting_enterprise": ("待企业", "waiting for the enterprise"),
    "waiting_outside": ("待外部", "waiting for others"),
    "running": ("计时", "running"),
    "paused": ("暂停", "paused"),
    "stopped": ("停止", "stopped"),
    "cancelled": ("取消", "cancelled"),
    "met": ("按时", "met"),
    "breached_then_met": ("逾期完成", "breached, then met"),
    "handed_over": ("移交", "handed over"),
    "superseded": ("已改限期", "superseded"),
    "asked": ("待接受", "asked"),
    "refused": ("拒绝", "refused"),
    "finished": ("完成", "finished"),
    "waived": ("免除", "waived"),
    "lead": ("牵头", "lead"),
    "co": ("协办", "works along"),
    "advise": ("咨询", "advises"),
    "inform": ("知会", "is informed"),
}


def word(code: str) -> Name:
    """Return what a fixed code is called; a code that is not listed stands for itself."""
    zh, en = _WORDS.get(code, (code, code))
    return Name(zh=zh, en=en)


def both(name: Name) -> str:
    """Return both names on one line, once where they are the same."""
    return name.zh if name.zh == name.en else f"{name.zh} {name.en}"
