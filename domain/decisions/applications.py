"""Applications with a gate: no way to an approval but by every item and every signature (Q44)."""

from domain import commands_of_forms as cmd
from domain import events_of_forms as ev
from domain.commands import Report
from domain.decisions.draft import Draft
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.forms import SUBMITTERS_MAX, Application, Item, ItemStanding
from domain.gates import batch_for, form_of, gate_of
from domain.issue import Resolution
from domain.people import Officer, Representative, identities_of, named
from domain.phases import Phase, ResultClass
from domain.procedures import ApplicationRule, Signer


def applied(draft: Draft, command: Report) -> Application | None:
    """Return the application that a report makes, with its checklist and its batch."""
    asked = command.application
    if asked is None:
        return None
    rule = form_of(draft.handbook, asked.form)
    if rule is None:
        raise InvalidRequestError(
            "The handbook of this zone has no such form.",
            field="application.form",
            value=asked.form,
            allowed=[each.id for each in draft.handbook.applications] or "none",
        )
    unknown = [claim for claim in asked.claims if claim not in rule.claims]
    if unknown:
        raise InvalidRequestError(
            "The form asks for no such claim.",
            field="application.claims",
            value=", ".join(unknown),
            allowed=rule.claims or "none",
        )
    return Application(
        form=rule.id,
        batch=batch_for(rule, asked.claims),
        claims=tuple(dict.fromkeys(asked.claims)),
        items=tuple(Item(id=each.id) for each in rule.items),
    )


def submit_item(draft: Draft, command: cmd.SubmitItem) -> None:
    """Hand in evidence for a condition. It is judged by somebody else."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING)
    item = _item(_pending(draft), command.item)
    if item.standing is ItemStanding.MET:
        raise WrongPhaseError(
            "The item is met: nothing has to be handed in for it.",
            field="item",
            value=item.id,
            allowed="an item that is open, submitted or failed",
        )
    if len({*item.submitted_by, *identities_of(draft.actor)}) > SUBMITTERS_MAX:
        raise WrongPhaseError(
            "Too many persons have handed in something for this item.",
            field="item",
            value=len(item.submitted_by),
            allowed=f"at most {SUBMITTERS_MAX} persons",
        )
    draft.record(
        ev.ItemSubmitted(
            at=draft.at,
            by=draft.actor,
            item=item.id,
            evidence=command.evidence,
            note=command.note,
        )
    )


def check_item(draft: Draft, command: cmd.CheckItem) -> None:
    """Judge what was handed in. Until the approval an item that was met may turn out not to be."""
    draft.require_phase(Phase.HANDLING)
    item = _item(_pending(draft), command.item)
    judged = {ItemStanding.SUBMITTED} | (set() if command.met else {ItemStanding.MET})
    if item.standing not in judged:
        raise WrongPhaseError(
            "There is nothing to judge about this item.",
            field="item",
            value=f"{item.id}: {item.standing}",
            allowed=judged,
        )
    if not set(item.submitted_by).isdisjoint(identities_of(draft.actor)):
        raise NotPermittedError(
            "Who handed something in for an item does not judge it.",
            field="actor",
            value=named(draft.actor),
            allowed="another person",
        )
    draft.record(
        ev.ItemChecked(
            at=draft.at, by=draft.actor, item=item.id, met=command.met, note=command.note
        )
    )


def sign_application(draft: Draft, command: cmd.SignApplication) -> None:
    """Sign for all that was met in one of the accountable roles: once in an attempt, and nobody in
    two of them."""
    draft.require_phase(Phase.HANDLING)
    application = _pending(draft)
    signer = _signer(_rule(draft, application), command.role)
    _require_role(draft, signer)
    if application.missing:
        raise WrongPhaseError(
            "Nobody signs for what is not met yet.",
            field="application",
            value=len(application.missing),
            allowed=[f"item {item} met" for item in application.missing],
        )
    signed = {each.role: each for each in application.signatures}
    if signer.id in signed:
        raise WrongPhaseError(
            "Somebody has signed in this role.",
            field="role",
            value=f"{signer.id}: {signed[signer.id].person}",
            allowed=application.unsigned(each.id for each in _rule(draft, application).signers),
        )
    if not application.signed_by.isdisjoint(identities_of(draft.actor)):
        raise NotPermittedError(
            "Nobody signs an application in two roles.",
            field="actor",
            value=named(draft.actor),
            allowed="another person",
        )
    draft.record(ev.ApplicationSigned(at=draft.at, by=draft.actor, role=signer.id))


def approve_application(draft: Draft, command: cmd.ApproveApplication) -> None:
    """Open the gate. What is missing is named, each by the act that it waits for. Nobody approves
    what they handed in, or signed for, themselves."""
    draft.require_phase(Phase.HANDLING)
    application = _pending(draft)
    _require_approver(draft, application)
    gate = gate_of(application, _rule(draft, application))
    if gate.items or gate.unsigned:
        raise WrongPhaseError(
            f"{len(gate.items)} items are not met and {len(gate.unsigned)} signatures missing.",
            field="application",
            value=application.form,
            allowed=[
                *(f"item {item.id} met (it is {item.standing})" for item in gate.items),
                *(f"signature of {role}" for role in gate.unsigned),
            ],
        )
    if not gate.is_open(draft.local.date()):
        raise WrongPhaseError(
            "Its batch is not open yet.",
            field="batch",
            value=application.batch or "none",
            allowed=f"from {gate.opens_on} on",
        )
    draft.record(ev.ApplicationApproved(at=draft.at, by=draft.actor, note=command.note))


def _require_approver(draft: Draft, application: Application) -> None:
    submitters = {person for item in application.items for person in item.submitted_by}
    if not (application.signed_by | submitters).isdisjoint(identities_of(draft.actor)):
        raise NotPermittedError(
            "Who handed something in for an application, or signed it, does not approve it.",
            field="actor",
            value=named(draft.actor),
            allowed="another person",
        )


def refuse_application(draft: Draft, command: cmd.RefuseApplication) -> None:
    """Do not approve: what is missing stays on the record, and there is a way to apply again."""
    draft.require_phase(Phase.HANDLING)
    application = _pending(draft)
    draft.record(
        ev.ApplicationRefused(
            at=draft.at, by=draft.actor, missing=application.missing, reason=command.reason
        )
    )


def reapply(draft: Draft, command: cmd.Reapply) -> None:
    """Apply once more: what was met stays met, signatures are given anew."""
    draft.require_phase(Phase.HANDLING)
    application = _application(draft)
    rule = _rule(draft, application)
    if not application.refused:
        raise WrongPhaseError(
            "The application has not been refused.",
            field="application",
            value="approved" if application.approved_at else "pending",
            allowed="an application that was refused",
        )
    if application.attempt >= rule.attempts_max:
        raise WrongPhaseError(
            "This has been applied for as often as the handbook allows.",
            field="attempt",
            value=application.attempt,
            allowed=f"at most {rule.attempts_max} times",
        )
    draft.record(
        ev.ApplicationRenewed(
            at=draft.at, by=draft.actor, attempt=application.attempt + 1, text=command.text
        )
    )


def require_approved(draft: Draft, resolution: Resolution) -> None:
    """Refuse to call an application solved that is not approved. Whatever else came of it is for a
    verifier a tier higher to let stand."""
    application = draft.issue.application
    if application is None or application.approved_at is not None:
        return
    if resolution.result is ResultClass.SOLVED:
        raise WrongPhaseError(
            "The application is not approved.",
            field="resolution.result",
            value=resolution.result,
            allowed="approve_application first, or another result with its reason",
        )


def _application(draft: Draft) -> Application:
    application = draft.issue.application
    if application is None:
        raise WrongPhaseError(
            "This issue is no application.",
            field="application",
            allowed="an issue that was reported as one",
        )
    return application


def _pending(draft: Draft) -> Application:
    """Return the application, of which nothing is decided yet."""
    application = _application(draft)
    if application.approved_at is not None:
        raise WrongPhaseError(
            "The application is approved.",
            field="application",
            value="approved",
            allowed="propose_resolution",
        )
    if application.refused:
        raise WrongPhaseError(
            "The application was refused.", field="application", value="refused", allowed="reapply"
        )
    return application


def _rule(draft: Draft, application: Application) -> ApplicationRule:
    rule = form_of(draft.handbook, application.form)
    if rule is None:
        raise WrongPhaseError(
            "The handbook of this zone has this form no longer.",
            field="application.form",
            value=application.form,
            allowed="propose_resolution with a result that is not solved",
        )
    return rule


def _item(application: Application, id_: str) -> Item:
    item = application.item(id_)
    if item is None:
        raise InvalidRequestError(
            "The form has no such item.",
            field="item",
            value=id_,
            allowed=[each.id for each in application.items],
        )
    return item


def _signer(rule: ApplicationRule, role: str) -> Signer:
    signer = next((each for each in rule.signers if each.id == role), None)
    if signer is None:
        raise InvalidRequestError(
            "The form has no such signer.",
            field="role",
            value=role,
            allowed=[each.id for each in rule.signers] or "none",
        )
    return signer


def _require_role(draft: Draft, signer: Signer) -> None:
    """An officer signs by the post, a representative where the enterprise itself is to sign."""
    actor = draft.actor
    by_post = isinstance(actor, Officer) and actor.post in signer.posts
    by_itself = isinstance(actor, Representative) and not signer.posts
    if not (by_post or by_itself):
        raise NotPermittedError(
            f"This actor does not sign as {signer.id}.",
            field="actor",
            value=named(actor),
            allowed=signer.posts or "a representative of the enterprise",
        )
