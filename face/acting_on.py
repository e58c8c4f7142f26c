"""What each route asks of its caller: the one table that the document and the matrix of access are
made from, so that no route can be forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from domain.access import Act


@dataclass(frozen=True, slots=True)
class Asked:
    """The acts that a route asks; any one of them lets its caller in."""

    acts: frozenset[Act]


class Open(Enum):
    """Why a route asks no act."""

    NOBODY_IS_ASKED = "nobody is asked"
    """It knows no caller: whether the process lives, the document, what is vendored."""
    TO_ALL_WHO_CALL = "to all who call"
    """It tells callers about themselves, or lets them in: it asks who they are, no more."""
    TO_WHO_HOLDS_A_TOKEN = "to who holds a token"  # noqa: S105  # a reason, no password
    """The token in the request is the permission: one-time links."""


def asks(*acts: Act) -> Asked:
    """Return what a route asks."""
    return Asked(frozenset(acts))


ASKED: Final[Mapping[tuple[str, str], Asked | Open]] = {
    ("get", "/healthz"): Open.NOBODY_IS_ASKED,
    ("get", "/readyz"): Open.NOBODY_IS_ASKED,
    ("get", "/metrics"): asks(Act.ADMINISTER),
    ("post", "/codec/decode"): asks(Act.DECODE),
    ("post", "/codec/encode"): asks(Act.DECODE),
    ("get", "/v1/me"): Open.TO_ALL_WHO_CALL,
    ("put", "/v1/me/password"): Open.TO_ALL_WHO_CALL,
    ("post", "/v1/sessions"): Open.TO_ALL_WHO_CALL,
    ("delete", "/v1/sessions/current"): Open.TO_ALL_WHO_CALL,
    ("get", "/v1/keys"): asks(Act.ADMINISTER),
    ("post", "/v1/keys"): asks(Act.ADMINISTER),
    ("delete", "/v1/keys/{id}"): asks(Act.ADMINISTER),
    ("get", "/v1/users"): asks(Act.ADMINISTER),
    ("post", "/v1/users"): asks(Act.ADMINISTER),
    ("put", "/v1/users/{name}/password"): asks(Act.ADMINISTER),
    ("post", "/v1/users/{name}/disable"): asks(Act.ADMINISTER),
    ("get", "/v1/issues/{zone}/{key}"): asks(Act.READ_ISSUES),
    ("post", "/v1/issues"): asks(Act.REPORT),
    ("post", "/v1/issues/{zone}/{key}/commands"): asks(Act.COMMAND),
    ("get", "/v1/issues/{zone}/{key}/timeline"): asks(Act.READ_ISSUES),
    ("get", "/v1/issues/{zone}/{key}/clocks"): asks(Act.READ_ISSUES),
    ("get", "/v1/issues/{zone}/{key}/time"): asks(Act.READ_ISSUES),
    ("get", "/v1/issues/{zone}/{key}/notices"): asks(Act.READ_ISSUES),
    ("get", "/v1/issues/{zone}/{key}/refusals"): asks(Act.READ_REFUSALS),
    ("get", "/v1/issues/{zone}/{key}/personal"): asks(Act.READ_PERSONAL),
    ("get", "/v1/issues/{zone}/{key}/evidence"): asks(Act.READ_EVIDENCE),
    ("get", "/v1/issues/{zone}/{key}/attachments"): asks(Act.READ_ISSUES),
    ("post", "/v1/issues/{zone}/{key}/attachments"): asks(Act.COMMAND),
    ("get", "/v1/issues/{zone}/{key}/attachments/{sha256}"): asks(Act.READ_ISSUES),
    ("get", "/v1/issues/{zone}/{key}/uploads/{upload}"): asks(Act.COMMAND),
    ("patch", "/v1/issues/{zone}/{key}/uploads/{upload}"): asks(Act.COMMAND),
    ("delete", "/v1/issues/{zone}/{key}/uploads/{upload}"): asks(Act.COMMAND),
    ("post", "/v1/issues/{zone}/{key}/uploads/{upload}/finish"): asks(Act.COMMAND),
    ("get", "/v1/issues"): asks(Act.READ_ISSUES),
    ("get", "/v1/issues/similar"): asks(Act.READ_ISSUES),
    ("get", "/v1/numbers/{number}"): asks(Act.READ_ISSUES),
    ("get", "/v1/parts"): asks(Act.READ_ISSUES),
    ("get", "/open311/v2/discovery.{form}"): Open.NOBODY_IS_ASKED,
    ("get", "/open311/v2/services.{form}"): asks(Act.READ_RULES),
    ("get", "/open311/v2/services/{service_code}.{form}"): asks(Act.READ_RULES),
    ("get", "/open311/v2/requests.{form}"): asks(Act.READ_ISSUES),
    ("get", "/open311/v2/requests/{service_request_id}.{form}"): asks(Act.READ_ISSUES),
    ("get", "/open311/v2/tokens/{token_id}.{form}"): asks(Act.READ_ISSUES),
    ("post", "/open311/v2/requests.{form}"): asks(Act.REPORT),
    ("post", "/v1/intake"): asks(Act.IMPORT),
    ("post", "/v1/issues/{zone}/{key}/answer-links"): asks(Act.COMMAND),
    ("get", "/v1/answers"): Open.TO_WHO_HOLDS_A_TOKEN,
    ("post", "/v1/answers"): Open.TO_WHO_HOLDS_A_TOKEN,
    ("get", "/v1/sign-offs/{zone}"): asks(Act.READ_FIGURES),
    ("get", "/v1/boards/{zone}"): asks(Act.READ_BOARD),
    ("get", "/v1/boards/{zone}/parked"): asks(Act.READ_BOARD),
    ("get", "/v1/boards/{zone}/warnings"): asks(Act.READ_BOARD),
    ("get", "/v1/contact-board/{zone}"): asks(Act.READ_CONTACT_BOARD),
    ("get", "/v1/contact-board/{zone}/{enterprise}"): asks(Act.READ_CONTACT_BOARD),
    ("get", "/v1/enterprises/{zone}"): asks(Act.READ_RULES),
    ("get", "/v1/handbooks"): asks(Act.READ_RULES),
    ("get", "/v1/handbooks/{zone}"): asks(Act.READ_RULES),
    ("get", "/v1/handbooks/{zone}/versions/{version}"): asks(Act.READ_RULES),
    ("get", "/v1/handbooks/{zone}/differences"): asks(Act.READ_RULES),
    ("post", "/v1/handbooks/{zone}/check"): asks(Act.CHECK_RULES),
    ("get", "/v1/handbooks/{zone}/proposals"): asks(Act.PUBLISH_RULES),
    ("post", "/v1/handbooks/{zone}/proposals"): asks(Act.PUBLISH_RULES),
    ("get", "/v1/handbooks/{zone}/proposals/{proposal}"): asks(Act.PUBLISH_RULES),
    ("post", "/v1/handbooks/{zone}/proposals/{proposal}/approval"): asks(Act.PUBLISH_RULES),
    ("get", "/v1/calendars"): asks(Act.READ_RULES),
    ("post", "/v1/calendars/batch"): asks(Act.READ_RULES),
    ("get", "/v1/calendars/{id}"): asks(Act.READ_RULES),
    ("post", "/v1/calendars/{id}/elapsed"): asks(Act.READ_RULES),
    ("post", "/v1/calendars/{id}/add"): asks(Act.READ_RULES),
    ("get", "/v1/orders/{zone}"): asks(Act.READ_ORDERS),
    ("post", "/v1/orders/{zone}"): asks(Act.GIVE_ORDERS),
    ("get", "/v1/orders/{zone}/{key}"): asks(Act.READ_ORDERS),
    ("post", "/v1/orders/{zone}/{key}/commands"): asks(Act.GIVE_ORDERS),
    ("get", "/v1/zones/{zone}/procedures"): asks(Act.READ_RULES),
    ("get", "/v1/zones/{zone}/procedures/{procedure}"): asks(Act.READ_RULES),
    ("get", "/v1/zones/{zone}/procedures/{procedure}/figures"): asks(Act.READ_FIGURES),
    ("get", "/v1/zones/{zone}/matters"): asks(Act.READ_ISSUES),
    ("get", "/v1/zones/{zone}/matters/{key}"): asks(Act.READ_ISSUES),
    ("get", "/v1/zones/{zone}/matters/{key}/timeline"): asks(Act.READ_ISSUES),
    ("get", "/v1/zones/{zone}/matters/{key}/commands/{command}"): asks(Act.READ_ISSUES),
    ("post", "/v1/zones/{zone}/matters/{key}/commands"): asks(Act.COMMAND),
    ("get", "/v1/issues/{zone}/{key}/matters"): asks(Act.READ_ISSUES),
    ("get", "/v1/callbacks/{zone}"): asks(Act.READ_CALLBACKS),
    ("post", "/v1/callbacks/{zone}"): asks(Act.DRAW_CALLBACKS),
    ("get", "/v1/callbacks/{zone}/{draw_id}/redraw"): asks(Act.READ_CALLBACKS),
    ("get", "/v1/incidents/{zone}/{incident}"): asks(Act.READ_ISSUES),
    ("post", "/v1/incidents/{zone}/{incident}/stages"): asks(Act.COMMAND),
    ("get", "/v1/exports/{form}"): asks(Act.EXPORT),
    ("get", "/v1/verification"): asks(Act.READ_VERIFICATION),
    ("get", "/v1/verification/checkpoints"): asks(Act.READ_VERIFICATION),
    ("get", "/v1/verification/anchors"): asks(Act.READ_VERIFICATION),
    ("get", "/v1/verification/{zone}/{key}"): asks(Act.READ_VERIFICATION),
    ("get", "/v1/log/checkpoint"): asks(Act.READ_LOG),
    ("get", "/v1/log/keys"): asks(Act.READ_LOG),
    ("get", "/v1/log/proof"): asks(Act.READ_ISSUES, Act.READ_VERIFICATION, Act.READ_LOG),
    ("get", "/v1/refusals"): asks(Act.READ_REFUSALS),
    ("get", "/v1/figure-definitions"): asks(Act.READ_FIGURES),
    ("get", "/v1/figures/{zone}"): asks(Act.READ_FIGURES),
    ("get", "/v1/figures/{zone}/{figure}"): asks(Act.READ_FIGURES),
    ("post", "/v1/figures/{zone}"): asks(Act.PUBLISH_FIGURES),
    ("get", "/v1/figures/{zone}/{figure}/restatement"): asks(Act.PUBLISH_FIGURES),
    ("post", "/v1/figures/{zone}/{figure}/restatement"): asks(Act.PUBLISH_FIGURES),
    ("get", "/v1/reports/{zone}"): asks(Act.READ_FIGURES),
    ("post", "/v1/reports/{zone}"): asks(Act.MAKE_REPORTS),
    ("get", "/v1/reports/{zone}/{number}"): asks(Act.READ_FIGURES),
    ("get", "/v1/reports/{zone}/{number}/differences"): asks(Act.READ_FIGURES),
    ("get", "/v1/reports/{zone}/{number}/correction"): asks(Act.MAKE_REPORTS),
    ("post", "/v1/reports/{zone}/{number}/correction"): asks(Act.MAKE_REPORTS),
    ("get", "/v1/inbox"): asks(Act.READ_INBOX),
    ("post", "/v1/inbox/{id}/read"): asks(Act.READ_INBOX),
    ("get", "/v1/templates"): asks(Act.ADMINISTER),
    ("get", "/v1/templates/{kind}/{channel}/{language}"): asks(Act.ADMINISTER),
    ("put", "/v1/templates/{kind}/{channel}/{language}"): asks(Act.ADMINISTER),
    ("delete", "/v1/templates/{kind}/{channel}/{language}"): asks(Act.ADMINISTER),
    ("post", "/v1/templates/{kind}/{channel}/{language}/preview"): asks(Act.ADMINISTER),
    ("get", "/v1/events"): asks(Act.FOLLOW),
    ("get", "/v1/events/page"): asks(Act.FOLLOW),
    ("get", "/v1/subscriptions"): asks(Act.SUBSCRIBE, Act.ADMINISTER),
    ("post", "/v1/subscriptions"): asks(Act.SUBSCRIBE),
    ("get", "/v1/subscriptions/{id}"): asks(Act.SUBSCRIBE, Act.ADMINISTER),
    ("delete", "/v1/subscriptions/{id}"): asks(Act.SUBSCRIBE, Act.ADMINISTER),
    ("post", "/v1/subscriptions/{id}/rotate"): asks(Act.SUBSCRIBE),
    ("post", "/v1/subscriptions/{id}/renew"): asks(Act.SUBSCRIBE),
    ("post", "/v1/subscriptions/{id}/pause"): asks(Act.SUBSCRIBE, Act.ADMINISTER),
    ("post", "/v1/subscriptions/{id}/resume"): asks(Act.SUBSCRIBE, Act.ADMINISTER),
    ("post", "/v1/subscriptions/{id}/test"): asks(Act.SUBSCRIBE, Act.ADMINISTER),
    ("get", "/v1/subscriptions/{id}/dead-letters"): asks(Act.SUBSCRIBE, Act.ADMINISTER),
    ("post", "/v1/subscriptions/{id}/replay"): asks(Act.SUBSCRIBE, Act.ADMINISTER),
}
"""Every route by its method and path."""
