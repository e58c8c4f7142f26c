"""How large, how deep and of what form a body may be, by the family of its route. Judged on bytes,
before anything parses them."""

import json
import re
from dataclasses import dataclass
from typing import Final

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"

DEPTH_MAX: Final = 32
KEYS_MAX: Final = 5_000
ITEMS_MAX: Final = 50_000
DIGITS_MAX: Final = 40
"""Of one number: no field takes a longer one, and making one of a million digits takes minutes."""

STRING: Final = r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)'
"""A string of JSON, or all that follows a quote that is never closed: read once, never again."""
TOKEN: Final = re.compile(rf"{STRING}|[{{}}\[\],:]|[0-9]{{{DIGITS_MAX + 1},}}", re.DOTALL)


class BodyRefusedError(Exception):
    """A body is not taken. `status` is what is told, `detail` why, `limit` what would be."""

    def __init__(self, status: int, detail: str, limit: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Family:
    """Routes whose bodies are alike. `under` is the beginning of their paths, `form` the whole of
    them where that is not enough. `without_nul`: their forms are refused at the door for a NUL,
    others say themselves in which field it is."""

    under: str
    bytes_max: int
    types: tuple[str, ...]
    without_nul: bool = False
    form: re.Pattern[str] | None = None

    def has(self, path: str) -> bool:
        """Return whether a path is of this family."""
        return path.startswith(self.under) and (
            self.form is None or self.form.fullmatch(path) is not None
        )


UPLOAD_BYTES_MAX: Final = 1024 * 1024
"""Of one piece of an attachment."""
ORDINARY: Final = Family("/", 64 * 1024, (JSON,))
FAMILIES: Final[tuple[Family, ...]] = (
    Family(
        "/v1/intake",
        8 * 1024 * 1024,
        (
            MULTIPART,
            JSON,
            "text/csv",
            "application/octet-stream",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
    ),
    Family(
        "/v1/handbooks",
        1024 * 1024,
        (JSON, "application/toml", "text/plain", "application/octet-stream"),
    ),
    Family("/open311/", 256 * 1024, (FORM, MULTIPART)),
    Family("/console/", 256 * 1024, (FORM,), without_nul=True),
    Family("/v1/sessions", 16 * 1024, (JSON, FORM)),
    Family(
        "/v1/issues/",
        UPLOAD_BYTES_MAX,
        ("application/octet-stream",),
        form=re.compile(r"/v1/issues/[^/]+/[^/]+/uploads/[^/]+"),
    ),
    Family("/codec/", 4 * 1024 * 1024, (JSON,)),
)
"""The first whose beginning fits is it; whatever is not named is ordinary."""


def family_of(path: str) -> Family:
    """Return the family of a path."""
    for family in FAMILIES:
        if family.has(path):
            return family
    return ORDINARY


def judge_type(family: Family, content_type: str | None, encoding: str | None) -> str:
    """Return the media type of a body, bare. Raises BodyRefusedError (415)."""
    if encoding is not None and encoding.strip().lower() not in ("", "identity"):
        raise BodyRefusedError(415, "A body is taken as it is, not compressed.", "identity")
    bare, _, parameters = (content_type or "").partition(";")
    bare = bare.strip().lower()
    allowed = ", ".join(family.types)
    is_json = JSON in family.types and bare.startswith("application/") and bare.endswith("+json")
    if bare not in family.types and not is_json:
        raise BodyRefusedError(415, f"The content type {bare[:80]!r} is not taken here.", allowed)
    charset = re.search(r'charset\s*=\s*"?([^\s";]+)', parameters, re.IGNORECASE)
    if charset is not None and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        is_file = bare == "text/csv"
        if not is_file:
            raise BodyRefusedError(415, "Text is UTF-8 here.", "charset=utf-8")
    return JSON if is_json else bare


def judge_text(body: bytes) -> str:
    """Return a body as text. Raises BodyRefusedError (400)."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BodyRefusedError(400, f"Byte {error.start} is not UTF-8.") from error


def judge_form(family: Family, body: bytes) -> None:
    """Refuse a form that is no text, or has a NUL in it where no field takes one: PostgreSQL fails
    at it. Raises BodyRefusedError (400)."""
    judge_text(body)
    if family.without_nul and (b"\0" in body or b"%00" in body):
        raise BodyRefusedError(400, "A form has the character U+0000 in it, which is not text.")


def judge_json(body: bytes) -> None:
    """Refuse JSON that is too deep, too broad, ambiguous, or none. Raises BodyRefusedError."""
    text = judge_text(body)
    _judge_shape(text)
    try:
        value = json.loads(text, object_pairs_hook=_each_key_once, parse_constant=_no_such_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise BodyRefusedError(400, "Half of a surrogate pair is no character.") from error
    except (ValueError, RecursionError) as error:
        raise BodyRefusedError(400, "The body is not JSON.") from error


def _judge_shape(text: str) -> None:
    depth = keys = items = 0
    for found in TOKEN.finditer(text):
        token = found[0]
        match token[0]:
            case "{" | "[":
                depth += 1
                if depth > DEPTH_MAX:
                    raise BodyRefusedError(400, "The body is nested too deeply.", str(DEPTH_MAX))
            case "}" | "]":
                depth -= 1
            case ":":
                keys += 1
            case ",":
                items += 1
            case '"':
                continue
            case _:
                raise BodyRefusedError(400, "A number is too long.", f"{DIGITS_MAX} digits")
        if keys > KEYS_MAX or items > ITEMS_MAX:
            raise BodyRefusedError(413, "The body has too many fields.", str(KEYS_MAX))


def _each_key_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BodyRefusedError(400, "A field is given twice.")
    return found


def _no_such_constant(name: str) -> object:
    raise BodyRefusedError(400, f"{name} is no number of JSON.")
