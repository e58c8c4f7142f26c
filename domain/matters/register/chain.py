"""Who waits for whom: the map of supplies, how far a stop reaches, and issues made of it."""

from collections import deque
from collections.abc import Iterable, Mapping

from domain.errors import ConflictError, InvalidRequestError
from domain.matters.draft import MatterDraft
from domain.matters.matter import FOUND_MAX, Found
from domain.matters.register.commands import LinkSupplier, OpenMapIssue, UnlinkSupplier
from domain.matters.register.events import (
    ChainIssue,
    ChainReported,
    SupplierLinked,
    SupplierUnlinked,
)
from domain.matters.register.guards import (
    require_by,
    require_once,
    require_subject,
    whose_problem,
)
from domain.matters.register.listing import require_links
from domain.matters.register.rules import MapRule, RegisterProcedure
from domain.matters.register.state import Link, Register, Subject
from domain.matters.register.waiting import concerned
from domain.model import Code, Frozen


class Waiting(Frozen):
    """One end of a chain: `steps` links lie between, the first of them is with `through`."""

    subject: Code
    steps: int
    through: Code


def waiting_for(register: Register, subject: str) -> tuple[Waiting, ...]:
    """Return who waits for a subject, directly or for one that waits for it: how far a stop would
    reach. The nearest first; each once, and never the subject itself, however they go round."""
    return _reached(subject, _by(register.links, to_customers=True))


def waits_for(register: Register, subject: str) -> tuple[Waiting, ...]:
    """Return for whom a subject waits, directly or through its suppliers, likewise."""
    return _reached(subject, _by(register.links, to_customers=False))


def held_up_by(rule: RegisterProcedure, register: Register, subject: str) -> tuple[Subject, ...]:
    """Return the suppliers, and theirs, that a subject waits for and that are not up."""
    known = {each.id: each for each in register.subjects}
    reached = (known[each.subject] for each in waits_for(register, subject))
    return tuple(each for each in reached if not is_up(rule, each))


def all_held_up(rule: RegisterProcedure, register: Register) -> frozenset[str]:
    """Return everybody who waits, however indirectly, for anybody that is not up."""
    further = _by(register.links, to_customers=True)
    left = deque(each.id for each in register.subjects if not is_up(rule, each))
    found: set[str] = set()
    while left:
        for customer in further.get(left.popleft(), ()):
            if customer not in found:
                found.add(customer)
                left.append(customer)
    return frozenset(found)


def is_up(rule: RegisterProcedure, subject: Subject) -> bool:
    """Return whether nobody has to wait for a subject, as far as its status says."""
    status = rule.status(subject.status)
    return (
        rule.supply_map is not None and status is not None and status.is_any_of(rule.supply_map.up)
    )


def key_firms(rule: RegisterProcedure, register: Register) -> tuple[Subject, ...]:
    """Return the key firms: those of the classes that the map names, else who has a supplier."""
    if rule.supply_map is not None and rule.supply_map.key:
        meant = frozenset(rule.supply_map.key)
        return tuple(each for each in register.listed if meant & {*each.classes})
    customers = {each.customer for each in register.links}
    return tuple(each for each in register.subjects if each.id in customers)


def link_supplier(
    draft: MatterDraft, state: Register, command: LinkSupplier, rule: RegisterProcedure
) -> None:
    """Say that one subject waits for another."""
    draft.require_runs()
    _require_map(rule, command.kind)
    if command.customer == command.supplier:
        raise InvalidRequestError(
            "Nobody waits for itself.", field="supplier", value=command.supplier
        )
    require_subject(state, command.customer, "customer")
    require_subject(state, command.supplier, "supplier")
    if state.link(command.customer, command.supplier) is not None:
        raise ConflictError("The two are linked already.", field="supplier", value=command.supplier)
    require_links(len(state.links) + 1)
    link = Link(customer=command.customer, supplier=command.supplier, part=command.part)
    draft.record(SupplierLinked(at=draft.at, by=draft.actor, link=link))


def unlink_supplier(draft: MatterDraft, state: Register, command: UnlinkSupplier) -> None:
    """Say that it does not any more, or never did."""
    draft.require_runs()
    if state.link(command.customer, command.supplier) is None:
        raise InvalidRequestError(
            "The two are not linked.", field="supplier", value=command.supplier
        )
    draft.record(
        SupplierUnlinked(
            at=draft.at,
            by=draft.actor,
            customer=command.customer,
            supplier=command.supplier,
            reason=command.reason,
        )
    )


def open_map_issue(
    draft: MatterDraft, state: Register, command: OpenMapIssue, rule: RegisterProcedure
) -> None:
    """Have issues opened for a firm and for the suppliers that hold it up, under one report."""
    _require_map(rule, command.kind)
    firm = require_subject(state, command.subject)
    require_by(draft, rule, firm)
    suppliers = _suppliers(rule, state, command)
    found = _found(draft, rule, command, firm, suppliers)
    children = zip(suppliers, found[1:], strict=True)
    draft.record(
        ChainReported(
            at=draft.at,
            by=draft.actor,
            subject=firm.id,
            parent=found[0].issue,
            children=tuple(ChainIssue(subject=s.id, issue=each.issue) for s, each in children),
            note=command.note,
            found=found,
        )
    )


def _suppliers(
    rule: RegisterProcedure, state: Register, command: OpenMapIssue
) -> tuple[Subject, ...]:
    held_up = {each.id: each for each in held_up_by(rule, state, command.subject)}
    require_once(command.suppliers, "suppliers")
    for number, id_ in enumerate(command.suppliers):
        if id_ not in held_up:
            raise InvalidRequestError(
                "The firm does not wait for this one, or it is up.",
                field=f"suppliers.{number}",
                value=id_,
                allowed=held_up or "none",
            )
    wanted = tuple(held_up[id_] for id_ in command.suppliers or held_up)
    if not wanted:
        raise ConflictError(
            "The firm waits for no supplier that is not up.",
            field="subject",
            value=command.subject,
        )
    if len(wanted) >= FOUND_MAX:
        raise InvalidRequestError(
            "The firm waits for more suppliers than one report names.",
            field="suppliers",
            value=len(wanted),
            allowed=f"at most {FOUND_MAX - 1} of them",
        )
    return wanted


def _found(
    draft: MatterDraft,
    rule: RegisterProcedure,
    command: OpenMapIssue,
    firm: Subject,
    suppliers: Iterable[Subject],
) -> tuple[Found, ...]:
    """Return what issues are opened for: the firm's first."""
    if command.of_supplier.enterprise is not None:
        raise InvalidRequestError(
            "What is said of each supplier names none of them.",
            field="of_supplier.enterprise",
            value=command.of_supplier.enterprise,
            allowed="none",
        )
    own = command.problem.enterprise or whose_problem(draft, firm)
    first = command.problem.model_copy(update={"enterprise": own})
    others = (
        command.of_supplier.model_copy(update={"enterprise": concerned(each)}) for each in suppliers
    )
    try:
        return draft.found((first, *others), rule.origin, None)
    except InvalidRequestError as error:
        if error.field is not None:
            _, number, name = error.field.split(".")
            error.field = f"{'problem' if number == '0' else 'of_supplier'}.{name}"
        raise


def _require_map(rule: RegisterProcedure, kind: str) -> MapRule:
    if rule.supply_map is None:
        raise InvalidRequestError(
            "The procedure keeps no supply map.",
            field="command.kind",
            value=kind,
            allowed="a procedure with a supply map",
        )
    return rule.supply_map


def _by(links: Iterable[Link], *, to_customers: bool) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for link in links:
        start, end = (
            (link.supplier, link.customer) if to_customers else (link.customer, link.supplier)
        )
        found.setdefault(start, []).append(end)
    return found


def _reached(subject: str, further: Mapping[str, list[str]]) -> tuple[Waiting, ...]:
    found: dict[str, Waiting] = {}
    left = deque([(subject, 0, "")])
    while left:
        here, steps, through = left.popleft()
        for each in further.get(here, ()):
            if each != subject and each not in found:
                found[each] = Waiting(subject=each, steps=steps + 1, through=through or each)
                left.append((each, steps + 1, through or each))
    return tuple(found.values())
