"""Who is on a register's list: at its opening, and in each later version."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.errors import ConflictError, InvalidRequestError
from domain.matters.draft import MatterDraft
from domain.matters.register.commands import Member, OpenRegister, ReviseList
from domain.matters.register.events import Joined, ListRevised, RegisterOpened
from domain.matters.register.guards import require_once, require_room, require_subject
from domain.matters.register.rules import Id, RegisterProcedure
from domain.matters.register.state import LINKS_MAX, Link, Register
from domain.matters.register.waiting import check_from_now, concerned, record_checking
from domain.matters.register.words import SubjectKind
from domain.territory import EnterpriseList

Classed = dict[str, tuple[Id, ...]]
"""Who is on a list, with the classes of each."""


@dataclass(frozen=True, slots=True)
class _Change:
    """What a version of the list changes. `came` were not on it before."""

    joined: tuple[Joined, ...]
    came: tuple[str, ...]
    left: tuple[str, ...]


def open_with_list(draft: MatterDraft, command: OpenRegister, rule: RegisterProcedure) -> None:
    """Open a register with the first version of its list."""
    members, taken_from = _first_members(draft, command, rule)
    for id_ in members:
        _require_listable(draft, None, rule, id_)
    require_room(len(members), "members")
    record_checking(
        draft,
        RegisterOpened(
            at=draft.at,
            by=draft.actor,
            procedure=rule.id,
            title=command.title,
            details=command.details,
            post=draft.opening_post(rule),
            of=rule.subjects,
            joined=tuple(
                Joined(subject=id_, classes=classes, new=True) for id_, classes in members.items()
            ),
            from_list=None if taken_from is None else taken_from.id,
            list_revision=None if taken_from is None else taken_from.revision,
            links=_known_links(draft, rule, members),
            status=rule.first,
            on=draft.local_day(),
            check=check_from_now(draft, rule, rule.first, listed=True) if members else None,
            tells=tuple(members) if rule.monitoring else (),
        ),
    )


def revise_list(
    draft: MatterDraft, state: Register, command: ReviseList, rule: RegisterProcedure
) -> None:
    """Make the next version of the list."""
    draft.require_runs()
    change = _change(draft, state, command, rule)
    require_room(len(state.subjects) + sum(each.new for each in change.joined), "members")
    waited = _waited(state, rule, change)
    moved = {*change.came, *change.left} if rule.monitoring else set()
    known = (concerned(each) for each in state.subjects if each.id in moved)
    new = (each.subject for each in change.joined if each.new and rule.monitoring)
    record_checking(
        draft,
        ListRevised(
            at=draft.at,
            by=draft.actor,
            list_version=state.list_version + 1,
            joined=change.joined,
            left=change.left,
            reason=command.reason,
            status=rule.first,
            on=draft.local_day(),
            check=check_from_now(draft, rule, None, listed=True) if waited else None,
            waited=waited,
            unwaited=change.left if rule.monitoring else (),
            tells=tuple(dict.fromkeys(each for each in (*known, *new) if each is not None)),
        ),
    )


def _first_members(
    draft: MatterDraft, command: OpenRegister, rule: RegisterProcedure
) -> tuple[Classed, EnterpriseList | None]:
    if command.members is not None and command.from_list is not None:
        raise InvalidRequestError(
            "The members are named, or taken from a list, not both.",
            field="from_list",
            value=command.from_list,
        )
    if command.members is not None:
        return _classed(command.members, rule, "members"), None
    if rule.subjects is not SubjectKind.ENTERPRISE:
        if command.from_list is not None:
            raise InvalidRequestError(
                "A list of the handbook is one of enterprises.",
                field="from_list",
                value=command.from_list,
                allowed="none",
            )
        return {}, None
    wanted = command.from_list or rule.from_list
    if wanted is None:
        return dict.fromkeys(draft.handbook.enterprises_by_id, ()), None
    lists = draft.handbook.lists
    taken = next((each for each in lists if each.id == wanted), None)
    if taken is None:
        raise InvalidRequestError(
            "The zone's handbook has no such list.",
            field="from_list",
            value=wanted,
            allowed=[each.id for each in lists] or "no list",
        )
    return dict.fromkeys(taken.members, ()), taken


def _known_links(
    draft: MatterDraft, rule: RegisterProcedure, members: Mapping[str, object]
) -> tuple[Link, ...]:
    """Return who supplies whom among the members by the handbook."""
    if rule.supply_map is None:
        return ()
    known = draft.handbook.enterprises_by_id
    links = tuple(
        Link(customer=customer, supplier=supplier)
        for supplier in members
        for customer in dict.fromkeys(known[supplier].supplies)
        if customer in members and customer != supplier
    )
    require_links(len(links))
    return links


def require_links(number: int) -> None:
    """Refuse more links than a register has."""
    if number > LINKS_MAX:
        raise InvalidRequestError(
            "The supply map has too many links.",
            field="command.kind",
            value=number,
            allowed=f"at most {LINKS_MAX}",
        )


def _change(
    draft: MatterDraft, state: Register, command: ReviseList, rule: RegisterProcedure
) -> _Change:
    before: Classed = {each.id: each.classes for each in state.listed}
    if command.members is not None and (command.joins or command.leaves):
        raise InvalidRequestError(
            "A list is named whole, or by who joins and who leaves, not both.", field="members"
        )
    if command.members is not None:
        wanted = _classed(command.members, rule, "members")
        left = tuple(id_ for id_ in before if id_ not in wanted)
    else:
        wanted = _classed(command.joins, rule, "joins")
        left = command.leaves
        require_once((*wanted, *left), "leaves")
        for number, id_ in enumerate(left):
            if id_ not in before:
                raise InvalidRequestError(
                    "The subject is not on the list.", field=f"leaves.{number}", value=id_
                )
    joined = {id_: classes for id_, classes in wanted.items() if before.get(id_) != classes}
    for id_ in joined:
        _require_listable(draft, state, rule, id_)
    if not joined and not left:
        raise ConflictError("The list would stay as it is.", field="members")
    there = {each.id for each in state.subjects}
    return _Change(
        joined=tuple(
            Joined(subject=id_, classes=classes, new=id_ not in there)
            for id_, classes in joined.items()
        ),
        came=tuple(id_ for id_ in joined if id_ not in before),
        left=left,
    )


def _classed(members: Iterable[Member], rule: RegisterProcedure, where: str) -> Classed:
    """Return who is to be on the list, with the classes in the procedure's order."""
    members = tuple(members)
    require_once((each.subject for each in members), where)
    known = [each.id for each in rule.classes]
    for number, each in enumerate(members):
        for class_ in each.classes:
            if class_ not in known:
                raise InvalidRequestError(
                    "The procedure has no such class.",
                    field=f"{where}.{number}.classes",
                    value=class_,
                    allowed=known or "no class",
                )
    return {
        each.subject: tuple(class_ for class_ in known if class_ in each.classes)
        for each in members
    }


def _require_listable(
    draft: MatterDraft, state: Register | None, rule: RegisterProcedure, id_: str
) -> None:
    """Refuse who cannot be on the list: an enterprise that the zone does not know, a project or a
    place that was not added before."""
    if state is not None and state.subject(id_) is not None:
        return
    if rule.subjects is SubjectKind.ENTERPRISE:
        draft.require_enterprise(id_, "members")
    elif state is None:
        raise InvalidRequestError(
            "Projects and places are added before they are on the list.",
            field="members",
            value=id_,
            allowed="none",
        )
    else:
        require_subject(state, id_, "members")


def _waited(state: Register, rule: RegisterProcedure, change: _Change) -> tuple[str, ...]:
    """Return those who came on the list and are waited for by now: under monitoring all of them,
    else those that are new; never one whose status is not checked."""
    if rule.check is None:
        return ()
    new = {each.subject for each in change.joined if each.new}
    statuses = {each.id: each.status for each in state.subjects}
    silent = {each.id for each in rule.statuses if not each.checked}
    return tuple(
        id_
        for id_ in change.came
        if (rule.monitoring or id_ in new) and statuses.get(id_, rule.first) not in silent
    )
