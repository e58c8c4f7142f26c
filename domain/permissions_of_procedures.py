"""Who may vote, settle, inspect and sign: what rounds and forms themselves say of people."""

from domain.handbook import Handbook, Post
from domain.issue import Issue
from domain.organization import chain_posts
from domain.people import Officer, identities_of


def may_vote(actor: Officer, issue: Issue) -> bool:
    """Return whether the actor, or whoever they act for, is an elector of the issue's round."""
    if issue.round is None:
        return False
    principal = actor.on_behalf_of or actor.person
    found = issue.round.elector(principal)
    return found is not None and found.post == actor.post


def may_settle(actor: Officer, issue: Issue) -> bool:
    """Return whether the round waits for this post. Nobody settles what they themselves asked."""
    asked = issue.round
    if asked is None or asked.decider != actor.post:
        return False
    return {asked.opened_by, asked.opened_for}.isdisjoint(identities_of(actor))


def may_inspect(actor: Officer, held: Post, issue: Issue, handbook: Handbook) -> bool:
    """Return whether the actor may look at a rectification: not whoever declared it done."""
    due = issue.rectification
    if due is None:
        return False
    if not {due.declared_by, due.declared_for}.isdisjoint(identities_of(actor)):
        return False
    return inspects(held, issue.enterprise, handbook)


def inspects(held: Post, enterprise_id: str, handbook: Handbook) -> bool:
    """Return whether a post may order an enterprise to rectify, and inspect (M33)."""
    rule = handbook.rectification
    if rule is None:
        return False
    if rule.inspectors:
        return held.id in rule.inspectors
    return held.tier is not None and held in chain_posts(handbook, enterprise_id, held.tier)


def may_sign(held: Post, issue: Issue, handbook: Handbook) -> bool:
    """Return whether some role of the application is this post's to sign in."""
    if issue.application is None:
        return False
    form = next((e for e in handbook.applications if e.id == issue.application.form), None)
    return form is not None and any(held.id in signer.posts for signer in form.signers)
