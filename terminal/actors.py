"""Who acts, as the command line says it: `officer:PERSON@POST` and the like."""

import typer

FORMS = "officer:PERSON@POST[:PRINCIPAL], enterprise:PERSON@ENTERPRISE, service:NAME"
VARIABLE = "CLOSEOUT_ACTOR"

_PLACES = {"officer": ("officer", "post"), "enterprise": ("representative", "enterprise")}


def read_actor(text: str | None) -> dict[str, str]:
    """Return an actor's fields. Raises InvalidRequestError; a usage error if nobody is named."""
    from domain.errors import InvalidRequestError

    if text is None:
        raise typer.BadParameter(
            f"Say who acts: {FORMS}; or set {VARIABLE}. "
            "`closeout zones ZONE` lists who holds which post.",
            param_hint="'--as'",
        )
    kind, _, rest = text.partition(":")
    person, _, place = rest.partition("@")
    if kind in _PLACES and person and place:
        named, field = _PLACES[kind]
        place, colon, principal = place.partition(":")
        deputy = {"on_behalf_of": principal} if colon and kind == "officer" else {}
        if deputy or not colon:
            return {"kind": named, "person": person, field: place} | deputy
    if kind == "service" and rest:
        return {"kind": "service", "name": rest}
    raise InvalidRequestError(
        "This names no actor.", field="actor (--as)", value=text, allowed=FORMS
    )
