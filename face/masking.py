"""What is told of a text about a person where it is not opened: that there is one, and of whom."""

from typing import Final

from pydantic import BaseModel, JsonValue

from domain.events_out import masked

NOBODY_LEFT_OUT: Final[frozenset[str]] = frozenset()


def told(model: BaseModel) -> dict[str, JsonValue]:
    """Return a model as JSON, its texts about persons masked. Who in a post it was stays: whoever
    sees an issue sees who acted."""
    whole = masked(model.model_dump(mode="json"), NOBODY_LEFT_OUT)
    return whole if isinstance(whole, dict) else {}
