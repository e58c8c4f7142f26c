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
    "waiting": ("待前置任务", "waits for other parts"),
    "left": ("退出", "left"),
    "unfinished": ("未完成收尾", "unfinished"),
    "inspected": ("现场核验", "inspected"),
    "closed_by_review": ("终结评审结案", "closed by review"),
    "extension": ("延期", "extension"),
    "pause": ("暂停", "pause"),
    "parking": ("挂账", "parking"),
    "green_channel": ("绿色通道", "green channel"),
    "verification": ("核销", "verification"),
    "closing_review": ("终结评审", "closing review"),
    "approved": ("通过", "approved"),
    "expired_approved": ("逾期视为通过", "approved by expiry"),
    "expired_rejected": ("逾期视为不通过", "rejected by expiry"),
    "settled_approved": ("裁定通过", "settled, approved"),
    "settled_rejected": ("裁定不通过", "settled, rejected"),
    "not_needed": ("不再需要", "not needed"),
    "approve": ("同意", "approves"),
    "reject": ("反对", "rejects"),
    "abstain": ("弃权", "abstains"),
    "recuse": ("回避", "recused"),
    "duplicates": ("重复于", "duplicates"),
    "part_of": ("属于", "part of"),
    "caused_by": ("起因于", "caused by"),
    "relates": ("相关", "relates to"),
    "succeeds": ("接续", "succeeds"),
    "merged_into": ("并入", "merged into"),
    "open": ("待提交", "open"),
    "submitted": ("待核验", "submitted"),
    "failed": ("不满足", "not met"),
}


def word(code: str) -> Name:
    """Return what a fixed code is called; a code that is not listed stands for itself."""
    zh, en = _WORDS.get(code, (code, code))
    return Name(zh=zh, en=en)


def both(name: Name) -> str:
    """Return both names on one line, once where they are the same."""
    return name.zh if name.zh == name.en else f"{name.zh} {name.en}"
