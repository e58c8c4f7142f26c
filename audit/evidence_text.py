"""The timeline of an evidence file: every event in a line of Chinese and a line of English."""

from collections.abc import Iterable, Iterator
from typing import Final

from audit.phrases import short
from audit.timeline import timeline
from domain.chain import Record
from domain.model import written

LINE_CHARACTERS_MAX: Final = 600
ENVELOPE: Final = frozenset({"at", "by", "kind", "clocks"})

LABELS: Final[dict[str, str]] = {
    "absent": "缺席",
    "abstain": "弃权",
    "accepted": "同意剔除",
    "accepted_at": "受理时间",
    "answer": "答复",
    "application": "申请",
    "approve": "赞成",
    "approver": "批准人",
    "arbiter": "裁定岗位",
    "asked": "申请事项",
    "attempt": "第几次",
    "attempts": "联系次数",
    "attended": "出席",
    "author": "作出人",
    "binding": "必须承办",
    "calendar": "工作日历",
    "category": "类别",
    "channel": "方式",
    "child": "子问题",
    "choice": "意见",
    "clock": "时限",
    "closed_at": "办结时间",
    "closes": "即行办结",
    "code": "事由",
    "command": "事项",
    "contact": "联系人",
    "count_from": "起算",
    "counts": "计次",
    "cycle": "轮次",
    "days": "天数",
    "decider": "决定岗位",
    "decision": "会议决定",
    "decisions": "会议决定",
    "draw": "抽取批次",
    "due": "止于",
    "due_at": "到期",
    "duty": "任务",
    "effect": "效果",
    "elector": "表决人",
    "electors": "表决人",
    "enterprise": "企业",
    "evidence": "证明材料",
    "exclusion": "剔除编号",
    "expires_at": "有效至",
    "extra": "延长",
    "figures": "剔除指标",
    "file": "文件",
    "finish_on": "拟办结日",
    "form": "形式",
    "from_at": "自",
    "from_category": "原类别",
    "from_people": "原任人员",
    "from_phase": "原阶段",
    "from_priority": "原等级",
    "from_terms": "原规则",
    "from_tier": "原层级",
    "from_unit": "原单位",
    "ground": "依据",
    "handbook": "手册",
    "handler": "承办人",
    "hands": "经办人员",
    "heard": "所知版本",
    "holds_tier": "不再升级",
    "hop": "第几次退单",
    "id": "编号",
    "incident": "事件",
    "is_provisional": "暂定",
    "item": "条件",
    "kind": "类型",
    "late": "逾期不计",
    "late_by_us": "平台迟延",
    "lead": "牵头单位",
    "levels": "层级",
    "limit": "时长",
    "limits": "原定时限",
    "line": "行",
    "lineage": "关联链",
    "link": "链接",
    "lot": "签号",
    "matter": "所属事项",
    "met": "符合",
    "method": "方法",
    "mirrors": "随同问题",
    "missing": "欠缺",
    "mode": "方式",
    "name": "姓名",
    "needs": "条件",
    "new_due_at": "新到期",
    "news": "动态",
    "next": "下次提醒",
    "no_wait": "不得等待",
    "note": "说明",
    "number": "编号",
    "old_due_at": "原到期",
    "open": "未办结",
    "origin": "来源",
    "other": "对方问题",
    "others": "其他层级",
    "outcome": "结果",
    "overruled": "推翻",
    "owner": "责任岗位",
    "owner_person": "责任人",
    "part": "联办任务",
    "part_clock": "任务时限",
    "parts": "联办任务",
    "party": "等待对象",
    "passed": "已到时限",
    "passes": "通过条件",
    "people": "人员",
    "percent": "百分比",
    "person": "本人",
    "personal": "个人信息",
    "phase": "阶段",
    "phone": "电话",
    "plan": "方案",
    "post": "岗位",
    "priority": "等级",
    "promise": "承诺",
    "proposed_at": "提交时间",
    "proposers": "提交人",
    "proxy": "代办岗位",
    "question": "问题",
    "quorum": "法定数",
    "reason": "理由",
    "recording": "录音",
    "rectify": "整改要求",
    "recuse": "回避",
    "reference": "依据编号",
    "referral": "转请",
    "refusable": "可退",
    "reject": "反对",
    "reply": "回复",
    "report_id": "上报编号",
    "reported_at": "上报时间",
    "reporters": "上报人员",
    "resolution": "办理结果",
    "result": "结论",
    "role": "角色",
    "roster": "值班表",
    "round": "轮次",
    "row": "分派规则",
    "rule": "规则",
    "run": "流程",
    "rung": "提醒点",
    "same": "属同一问题",
    "satisfaction": "满意度",
    "score": "相似度",
    "sign_off": "签收方式",
    "silent_at": "逾期时间",
    "skipped": "略过",
    "source": "来源台账",
    "stage": "阶段",
    "step": "处置",
    "subject": "表决事项",
    "succeeds": "承接问题",
    "successor": "后续问题",
    "suggested": "建议单位",
    "summary": "情况",
    "taken_over": "提级办理",
    "target": "目标问题",
    "template": "专班模板",
    "text": "内容",
    "tier": "层级",
    "title": "标题",
    "to_at": "至",
    "to_category": "新类别",
    "to_people": "现任人员",
    "to_priority": "新等级",
    "to_terms": "新规则",
    "to_tier": "新层级",
    "took_place_at": "发生时间",
    "topic": "议题",
    "type": "关系",
    "unasked": "未表决",
    "unfinished": "未完成",
    "unit": "单位",
    "upheld": "成立",
    "verifiers": "核销人员",
    "version": "事件",
    "was_provisional": "原为暂定",
    "weight": "权重",
}
"""What the fields of events, and those in them, are called in Chinese. One that is not here goes
by its own name."""

SEALED: Final = "（已密封）"
YES: Final = "是"


def told(records: Iterable[Record]) -> list[dict[str, object]]:
    """Return a line for each event: what the verifier makes again from the event (version, at,
    occurred_at, actor, kind), and the wording in both languages."""
    kept = list(records)
    return [
        {
            "actor": row.actor,
            "at": written(row.at),
            "en": _cut(f"{row.title.en}: {row.summary}" if row.summary else row.title.en),
            "kind": row.kind,
            "occurred_at": None if row.occurred_at is None else written(row.occurred_at),
            "version": row.version,
            "zh": _cut("；".join((row.title.zh, *_fields(record)))),
        }
        for record, row in zip(kept, timeline(kept), strict=True)
    ]


def _fields(record: Record) -> Iterator[str]:
    for name, value in record.event.model_dump(mode="json").items():
        if name not in ENVELOPE and (said := _said(value)):
            yield f"{LABELS.get(name, name)}：{said}"


def _said(value: object) -> str:
    """Return a value of an event in one line; empty where it says nothing."""
    match value:
        case True:
            return YES
        case None | False:
            return ""
        case str():
            return short(value)
        case dict() if "nonce" in value:
            return SEALED
        case dict():
            parts = (
                (LABELS.get(str(name), str(name)), _said(each)) for name, each in value.items()
            )
            return "，".join(f"{name} {said}" for name, said in parts if said)
        case list():
            several = any(isinstance(each, dict) for each in value)
            return ("／" if several else "、").join(filter(None, map(_said, value)))
        case _:
            return str(value)


def _cut(line: str) -> str:
    flat = " ".join(line.split())
    return flat if len(flat) <= LINE_CHARACTERS_MAX else f"{flat[: LINE_CHARACTERS_MAX - 1]}…"
