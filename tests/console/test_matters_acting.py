"""Acting on matters by form: what is typed becomes a command, what is refused says so where."""

import re

import httpx2
import pytest
from consoles import Console
from matters_shown import MATCHES, ROOT, console_of, done, filled, sent, stands, terms

from console.offers_filled import Filled
from console.offers_matters import kinds_of, opening_kind, settled
from console.offers_matters_fields import AskedMatter, form_of, leaves_of
from console.offers_matters_filled import command_in, place_in, typed_in
from console.offers_matters_rules import VARYING, variants_of
from console.offers_matters_shown import shown_in
from domain.matters.campaign.state import Campaign
from domain.matters.grant.state import Grant
from domain.matters.match.state import Match
from domain.matters.pipeline.state import Pipeline
from domain.matters.values import Amount, Ratio
from domain.matters.words import Aggregate

MISTAKE = re.compile(r'class="mistake" id="field-([\w-]+)-mistake"')


@pytest.fixture
async def office() -> Console:
    """A console over a matter of every procedure."""
    return await filled(console_of())


def version_in(text: str) -> str:
    """Return the version that a form was made at."""
    found = re.search(r'name="expected_version" value="(\d+)"', text)
    assert found is not None
    return found[1]


async def submitted(
    office: Console, name: str, path: str, form: dict[str, object], number: int = 1
) -> httpx2.Response:
    """Open a form and send it filled in."""
    page = await office.page(name, f"{ROOT}{path}")
    sent_with = {"id": f"form-{number}", "expected_version": version_in(page)}
    return await sent(office, name, path, sent_with | form)


async def test_a_visit_is_recorded_with_its_numbers_and_its_problems(office: Console) -> None:
    path = "/matters/visits/v-1/do/record_step?at=visited"
    answer = await submitted(
        office,
        "officer",
        path,
        {
            "enterprise": "foundry",
            "values.staff.part": "45",
            "values.staff.whole": "60",
            "values.sum.n": "1,780,000.50",
            "values.sum.currency": "CNY",
            "problems.0.category": "road-access",
            "problems.0.title": "The gate",
            "problems.0.text": "It is blocked.",
            "problems.1.category": "road-access",
            "problems.1.title": "The bridge",
            "problems.1.text": "It is weak.",
        },
    )
    assert answer.status_code == 303, answer.text
    matter = await stands(office, "v-1")
    assert isinstance(matter, Campaign)
    target = matter.target("foundry")
    assert target is not None
    (taken,) = target.done
    assert taken.values["staff"] == Ratio(part=45, whole=60)
    assert taken.values["sum"] == Amount(hundredths=178_000_050, currency="CNY")
    assert len(matter.ties) == 3


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"values.staff.whole": "0"}, "values-staff-whole"),
        ({"values.staff.whole": "many"}, "values-staff-whole"),
        ({"values.sum.n": "12"}, "values-sum-currency"),
        ({"values.sum.n": "1.005", "values.sum.currency": "CNY"}, "values-sum-n"),
        ({"values.sum.n": "12", "values.sum.currency": "USD"}, "values-sum-currency"),
        ({"on": "2026-03-09"}, "on"),
        ({"problems.0.category": "nothing", "problems.0.title": "x", "problems.0.text": "x"}, None),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_written(
    office: Console, changes: dict[str, str], place: str | None
) -> None:
    form = {
        "enterprise": "foundry",
        "values.staff.part": "45",
        "values.staff.whole": "60",
        "no_abnormality": "true",
    }
    if place is None:
        form.pop("no_abnormality")
    before = await stands(office, "v-1")
    path = "/matters/visits/v-1/do/record_step?at=visited"
    answer = await submitted(office, "officer", path, form | changes)
    assert answer.status_code == 422
    assert MISTAKE.findall(answer.text) == [place or "problems-0-category"]
    assert 'value="45"' in answer.text
    assert await stands(office, "v-1") == before


async def test_a_refusal_is_told_in_chinese(office: Console) -> None:
    path = f"{ROOT}/matters/visits/v-1/do/record_step?at=visited"
    async with office.opened_as("officer", language="zh") as browser:
        answer = await browser.post(
            path,
            data={
                "id": "zh-1",
                "expected_version": "3",
                "enterprise": "foundry",
                "no_abnormality": "true",
                "values.staff.part": "x",
                "values.staff.whole": "9",
            },
        )
    told = re.findall(r'class="mistake"[^>]*>([^<]+)<', answer.text)
    assert told
    assert not any(re.search("[a-z]{4}", each) for each in told)


async def test_a_pipeline_is_opened_and_moved_by_forms(office: Console) -> None:
    form = {
        "id": "new-1",
        "key": "l-2",
        "title": "Another loan",
        "enterprise": "bakery",
        "amount.n": "3000000",
        "amount.currency": "CNY",
        "parties.0.party": "bank",
        "parties.0.status": "asked",
        "dates.maturity": "2026-04-01",
    }
    answer = await sent(office, "coordinator", "/matter-new/loans", form)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == f"{ROOT}/matters/loans/l-2?done=open_pipeline"
    again = await sent(office, "coordinator", "/matter-new/loans", form)
    assert again.status_code == 303
    taken = await sent(office, "coordinator", "/matter-new/loans", form | {"id": "new-2"})
    assert taken.status_code == 409
    moved = {"values.paid-on": "2026-03-02"}
    path = "/matters/loans/l-2/do/move_stage?at=funded"
    assert (await submitted(office, "coordinator", path, moved)).status_code == 303
    matter = await stands(office, "l-2")
    assert isinstance(matter, Pipeline)
    assert matter.at_stage == "funded"
    assert matter.amount == Amount(hundredths=300_000_000, currency="CNY")
    assert [each.status for each in matter.parties] == ["asked"]
    assert [each.on.isoformat() for each in matter.dates] == ["2026-04-01"]


async def test_goods_are_never_issued_below_zero(office: Console) -> None:
    path = "/matters/masks/g-1/do/issue_stock"
    form = {"enterprise": "mill", "quantity.n": "41", "quantity.unit": "mask"}
    answer = await submitted(office, "coordinator", path, form)
    assert answer.status_code == 422
    assert MISTAKE.findall(answer.text) == ["quantity-n"]
    less = form | {"quantity.n": "40"}
    assert (await submitted(office, "coordinator", path, less, 2)).status_code == 303
    matter = await stands(office, "g-1")
    assert isinstance(matter, Grant)
    assert matter.stage == "empty"


async def test_a_pass_that_overlaps_is_refused_kindly(office: Console) -> None:
    path = "/matters/passes/p-1/do/issue_permit"
    form = {"holding": "no-18", "enterprise": "mill", "subject": "A12345", "gate.papers": "true"}
    answer = await submitted(office, "coordinator", path, form)
    assert answer.status_code == 409
    assert MISTAKE.findall(answer.text) == ["subject"]


async def test_an_enterprise_reads_asks_and_consents(office: Console) -> None:
    path = "/matters/visits/v-1/do/record_step?at=read"
    question = {
        "problems.0.category": "road-access",
        "problems.0.title": "May we?",
        "problems.0.text": "Does it hold for us too?",
    }
    assert (await submitted(office, "enterprise", path, question)).status_code == 303
    campaign = await stands(office, "v-1")
    assert isinstance(campaign, Campaign)
    target = campaign.target("mill")
    assert target is not None
    assert [each.step for each in target.done] == ["visited", "read"]
    assert len(campaign.ties) == 2
    yes = {"proposal": "p-1", "side": "counterpart"}
    path = "/matters/supply/s-1/do/consent"
    assert (await submitted(office, "enterprise", path, yes, 2)).status_code == 303
    match = await stands(office, "s-1")
    assert isinstance(match, Match)
    assert match.proposals[0].counterpart == "consented"


async def test_an_enterprise_posts_its_own_need_where_the_procedure_lets_it() -> None:
    runs = [{"role": "coordinator"}, {"enterprise": True}]
    office = console_of(matches=[MATCHES[0] | {"runs": runs}])
    assert f'href="{ROOT}/matters/supply"' in await office.page("enterprise", f"{ROOT}/matters")
    page = await office.page("enterprise", f"{ROOT}/matters/supply")
    assert f'href="{ROOT}/matter-new/supply"' in page
    form = {"id": "post-1", "key": "s-9", "title": "Flour", "side": "offer", "places": "3"}
    assert (await sent(office, "enterprise", "/matter-new/supply", form)).status_code == 303
    match = await stands(office, "s-9")
    assert isinstance(match, Match)
    assert (match.enterprise, match.side, match.places) == ("mill", "offer", 3)


async def test_an_enterprise_answers_the_posting_of_another_for_itself() -> None:
    office = console_of(matches=[MATCHES[0] | {"by": [{"enterprise": True}]}])
    posted = {"kind": "open_match", "procedure": "supply", "title": "Flour", "side": "need"}
    await done(office, "s-9", **posted, enterprise="bakery")
    page = await office.page("enterprise", f"{ROOT}/matters/supply/s-9")
    assert "Flour" in page
    assert "bakery" not in page
    form = await office.page("enterprise", f"{ROOT}/matters/supply/s-9/do/propose")
    assert 'name="enterprise"' not in form
    path = "/matters/supply/s-9/do/propose"
    wanted = {"proposal": "p-1", "enterprise": "foundry"}
    assert (await submitted(office, "enterprise", path, wanted, 1)).status_code == 303
    match = await stands(office, "s-9")
    assert isinstance(match, Match)
    assert [each.enterprise for each in match.proposals] == ["mill"]


async def test_an_enterprise_speaks_for_no_other(office: Console) -> None:
    path = "/matters/visits/v-1/do/record_step?at=read"
    await submitted(office, "enterprise", path, {"enterprise": "bakery"})
    campaign = await stands(office, "v-1")
    assert isinstance(campaign, Campaign)
    assert [e.enterprise for e in campaign.targets if e.has_done("read")] == ["mill"]


async def test_whoever_was_slower_is_shown_the_form_again(office: Console) -> None:
    path = "/matters/visits/v-1/do/note_matter"
    page = await office.page("coordinator", f"{ROOT}{path}")
    await done(office, "v-1", kind="note_matter", text="First.")
    form = {"id": "late-1", "expected_version": version_in(page), "text": "Second."}
    late = await sent(office, "coordinator", path, form)
    assert late.status_code == 409
    assert "Second." in late.text
    form["expected_version"] = version_in(late.text)
    assert (await sent(office, "coordinator", path, form)).status_code == 303


async def test_totals_are_stated_with_what_is_not_stated(office: Console) -> None:
    form = {
        "label": "Paid to firms",
        "figures.0.id": "paid",
        "figures.0.type": "amount",
        "figures.0.n": "17810000",
        "figures.0.of": "CNY",
        "figures.1.id": "firms",
        "figures.2.id": "moved",
        "figures.2.type": "count",
        "figures.2.n": "600",
        "figures.2.precision": "over",
    }
    path = "/matters/loans/l-1/do/state_total"
    assert (await submitted(office, "coordinator", path, form)).status_code == 303
    (total,) = (await stands(office, "l-1")).totals
    assert total.figures["paid"] == Amount(hundredths=1_781_000_000, currency="CNY")
    assert total.figures["firms"] is None
    bare = form | {"figures.0.of": ""}
    answer = await submitted(office, "coordinator", path, bare, 2)
    assert answer.status_code == 422
    assert MISTAKE.findall(answer.text) == ["figures-0-of"]


async def test_a_form_that_is_not_there_is_refused(office: Console) -> None:
    for path in (
        "/matters/visits/v-1/do/open_campaign",
        "/matters/visits/v-1/do/ring_matter",
        "/matters/visits/v-1/do/record_step?at=nothing",
        "/matters/visits/v-1/do/record_step",
    ):
        async with office.opened_as("coordinator") as browser:
            assert (await browser.get(f"{ROOT}{path}")).status_code == 422, path


def test_every_form_of_every_command_can_be_shown_in_both_languages() -> None:
    zone = terms()
    shown = 0
    for rule in zone.handbook.matter_procedures:
        asked = AskedMatter(rule, zone)
        aggregate = next(e for e in Aggregate if opening_kind(rule) == f"open_{e}")
        for kind in (opening_kind(rule), *kinds_of(aggregate), "state_total", "note_matter"):
            varied = variants_of(kind, rule) if kind in VARYING else (("", None),)
            for at, _ in varied:
                form = form_of(kind, settled(asked, kind, at))
                for language in ("zh", "en"):
                    labels = [each.label for each in shown_in(form, asked, Filled(), language)]
                    assert all(labels)
                    shown += 1
                    if language == "zh":
                        assert not [e for e in labels if re.fullmatch("[a-z_ ]+", e)], kind
    assert shown > 100


def test_every_refusal_of_a_field_finds_its_place() -> None:
    zone = terms()
    rule = zone.handbook.procedure("visits")
    assert rule is not None
    form = form_of("record_step", settled(AskedMatter(rule, zone), "record_step", "visited"))
    assert place_in(form, "values.sum.hundredths") == "values.sum.n"
    assert place_in(form, "values.sum") == "values.sum.n"
    assert place_in(form, "problems.1.category") == "problems.1.category"
    assert place_in(form, "actor") == ""
    assert place_in(form, "standing") == ""


def test_whatever_is_typed_a_form_never_breaks() -> None:
    zone = terms()
    for rule in zone.handbook.matter_procedures:
        kind = opening_kind(rule)
        asked = settled(AskedMatter(rule, zone), kind, "")
        form = form_of(kind, asked)
        for text in ("\x00", "9" * 40, "-1", "1e9", "٣", "<b>", "2026-13-40", "１２"):
            values = typed_in(form, [(each.path, text) for each in leaves_of(form.entries)])
            command, back = command_in(form, values, asked)
            assert command is not None or back.mistakes
