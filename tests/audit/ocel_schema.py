"""As much of JSON Schema (draft 7) as the schema of OCEL 2.0 uses."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

TYPES = {"object": dict, "array": list, "string": str}
KEYWORDS = {"$schema", "type", "properties", "items", "required", "format"}
RFC_3339 = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")


def problems(value: Any, schema: dict[str, Any], where: str = "$") -> Iterator[str]:
    """Yield where a value is not what the schema asks for. A keyword that is not known here is a
    problem too: nothing is passed over."""
    if unknown := schema.keys() - KEYWORDS:
        yield f"{where}: keywords {sorted(unknown)} are not checked"
    if "type" in schema and not isinstance(value, TYPES[schema["type"]]):
        yield f"{where}: {value!r} is no {schema['type']}"
        return
    if schema.get("format") == "date-time" and not _is_moment(value):
        yield f"{where}: {value!r} is no date-time"
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{where}: {name} is missing"
    for name, inner in schema.get("properties", {}).items():
        if name in value:
            yield from problems(value[name], inner, f"{where}.{name}")
    if "items" in schema:
        for number, each in enumerate(value):
            yield from problems(each, schema["items"], f"{where}[{number}]")


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return RFC_3339.match(text) is not None
