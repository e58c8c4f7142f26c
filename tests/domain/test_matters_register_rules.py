"""What a register's procedure cannot say, and which terms a register is not moved to."""

from typing import Any

import builders as b
import builders_matters as m
import builders_registers as r
import pytest
from pydantic import ValidationError

from domain.errors import IssueError
from domain.matters.acts import AdoptMatterTerms
from domain.matters.decide import decide_matter
from domain.people import ENGINE


def chained() -> m.MatterStory:
    """Return a register in which the mill waits for the foundry."""
    return r.opened().then(b.MON_9, r.linked("mill", "foundry"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"statuses": r.named("closed"), "rates": None, "opens": None}, "statuses"),
        ({"classes": None, "supply_map": {"up": ["resumed"]}, "rates": None}, "classes"),
        ({"fields": None, "rates": None}, "fields"),
        ({"supply_map": None}, "supply_map"),
        ({"from_list": None, "subjects": "project"}, "subjects"),
    ],
)
def test_terms_that_lack_what_a_register_stands_on_are_not_adopted(
    changes: dict[str, Any], field: str
) -> None:
    if field == "statuses":
        changes = changes | {"supply_map": {"up": ["closed"]}}
    target = r.changed(r.RESUMPTION, **changes)
    story = chained().then(b.MON_9, r.status("resumed")).then(b.MON_9, r.values(present=r.count(1)))
    story.then(b.MON_9, r.revised(joins=r.members(mill=["part"])))
    context = b.context(b.MON_10, story.terms, target)
    adopt = m.sent(AdoptMatterTerms(terms=target.hash), ENGINE)
    with pytest.raises(IssueError, match="no longer holds what the register stands on") as refused:
        decide_matter(story.now, adopt, context)
    assert refused.value.field == field


def test_terms_that_hold_it_all_are_adopted() -> None:
    target = r.changed(r.RESUMPTION, opens=None)
    context = b.context(b.MON_10, r.TERMS, target)
    adopt = m.sent(AdoptMatterTerms(terms=target.hash), ENGINE)
    assert decide_matter(chained().now, adopt, context).matter.terms == target.hash


@pytest.mark.parametrize(
    ("rule", "changes", "says"),
    [
        (r.RESUMPTION, {"statuses": r.named("closed", "closed")}, "status 'closed' twice"),
        (r.RESUMPTION, {"first": "sleeping"}, "first: no status 'sleeping'"),
        (r.RESUMPTION, {"opens": ["sleeping"]}, "opens: no status 'sleeping'"),
        (r.RESUMPTION, {"from_list": "nobodies"}, "no list 'nobodies'"),
        (r.RESUMPTION, {"supply_map": {"up": ["x"]}}, "supply_map.up: no status 'x'"),
        (
            r.RESUMPTION,
            {"supply_map": {"up": ["resumed"], "key": ["x"]}},
            "supply_map.key: no class 'x'",
        ),
        (r.RESUMPTION, {"rates": [r.rate("a", "list")]}, "counts statuses or a field"),
        (
            r.RESUMPTION,
            {"rates": [r.rate("a", "list", statuses=["closed"], field="present")]},
            "counts statuses or a field",
        ),
        (r.RESUMPTION, {"rates": [r.rate("a", "list", statuses=["x"])]}, "rate a: no status 'x'"),
        (
            r.RESUMPTION,
            {"rates": [r.rate("a", "list", statuses=["closed"], classes=["x"])]},
            "rate a: no class 'x'",
        ),
        (
            r.RESUMPTION,
            {"rates": [r.rate("a", "employed", statuses=["closed"])]},
            "rate a: is of the list or of the subjects",
        ),
        (r.RESUMPTION, {"rates": [r.rate("a", "list", field="x")]}, "rate a: no field 'x'"),
        (
            r.RESUMPTION,
            {"rates": [r.rate("a", "list", field="present")]},
            "rate a: has no denominator",
        ),
        (
            r.RESUMPTION,
            {"rates": [r.rate("a", "present", field="present")]},
            "rate a: has no denominator",
        ),
        (
            r.RESUMPTION,
            {"rates": [r.rate("a", "list", field="capacity")]},
            "a ratio has its own denominator",
        ),
        (
            r.RESUMPTION,
            {"rates": [r.rate("a", "list", field="mood")]},
            "nothing can be summed of a choice",
        ),
        (
            r.PROJECTS,
            {
                "fields": [
                    *r.PROJECTS["fields"],
                    r.field("foreign", "amount", currency="USD"),
                ],
                "rates": [r.rate("a", "foreign", field="invested")],
            },
            "'invested' and 'foreign' do not compare",
        ),
        (
            r.RESUMPTION,
            {"fields": [*r.RESUMPTION["fields"], r.field("list", "count")]},
            "rates call something else",
        ),
        (
            r.RESUMPTION,
            {"fields": [*r.RESUMPTION["fields"], r.field("f" * 60, "count")]},
            "the id is too long for figures",
        ),
        (
            r.RESUMPTION,
            {"fields": [*r.RESUMPTION["fields"], r.field("mood.good", "flag")]},
            "two figures would be called 'mood.good'",
        ),
        (r.PROJECTS, {"from_list": "above-scale"}, "a list of the handbook is one of enterprises"),
        (r.WATCHED, {"check": None}, "monitoring: `check` says how"),
    ],
)
def test_a_procedure_that_cannot_be_is_not_read(
    rule: dict[str, Any], changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        r.changed(rule, **changes)
